// SPDX-License-Identifier: BSD-2-Clause
// The sentences of the library's own errors, and the way to the kernel's.

#include <sel/error.hpp>

#include "abi/error_sentences.hpp"

namespace sel {

namespace {

void describe_library_error(Output& output, LibraryError code, const std::array<uint64_t, 2>& details) {
    const auto [first, second] = details;
    switch (code) {
    case LibraryError::bad_environment:
        return format_to(output, "the environment of this component is damaged at byte {}", first);
    case LibraryError::unknown_name: {
        std::string_view name(reinterpret_cast<const char*>(details.data()), sizeof details);
        name = name.substr(0, name.find('\0'));
        const bool is_cut = name.size() == sizeof details;
        return format_to(output, "the environment has no `{}{}` of this kind", name, is_cut ? "..." : "");
    }
    case LibraryError::no_slots:
        return format_to(output, "{} slots are needed in a row where {} are free", first, second);
    case LibraryError::no_addresses:
        return format_to(output, "{} bytes of addresses are needed in a row where {} are free", first, second);
    case LibraryError::no_memory:
        return format_to(output, "no free block of untyped memory has the {} bytes that are needed", first);
    case LibraryError::no_ipc_buffer: return output.write("this thread has no IPC buffer");
    case LibraryError::not_allocated: return format_to(output, "{:#x} was given back without having been taken", first);
    case LibraryError::unexpected_message:
        return format_to(output, "the partner sent label {} and {} words, which its protocol does not allow", first,
                         second);
    case LibraryError::not_understood:
        return format_to(output, "the partner knows no request with label {} and {} words", first, second);
    case LibraryError::outside_region:
        return format_to(output, "{} bytes from {} on are not within the shared memory", second, first);
    case LibraryError::too_many_clients:
        return format_to(output, "client {} is one more than the {} that there is room for", first, second);
    case LibraryError::closed: return output.write("it has been closed");
    case LibraryError::partner_died: return format_to(output, "partner {} has died while it held the lock", first);
    case LibraryError::not_held: return output.write("the lock is not held by who unlocks it");
    case LibraryError::held_already: return format_to(output, "the lock is held by {} itself", first);
    case LibraryError::no_region: return format_to(output, "nothing is to be at address {:#x}", first);
    case LibraryError::count_too_large: return format_to(output, "the count {} cannot grow beyond {}", first, second);
    case LibraryError::timed_out: return format_to(output, "there was no answer within {} ns", first);
    }
    format_to(output, "an error with the unknown code {:#x}", static_cast<uint32_t>(code));
}

constinit const ServiceSentences* known_services = nullptr;

constexpr uint32_t number_of(const Error& error) { return error.code % service_errors; }

}  // namespace

ServiceSentences::ServiceSentences(uint32_t errors, Writer writer)
    : errors_(errors), writer_(writer), next_(std::exchange(known_services, this)) {}

bool ServiceSentences::write(Output& output, const Error& error) {
    for (const ServiceSentences* service = known_services; service != nullptr; service = service->next_) {
        if (service->errors_ != error.code - number_of(error)) continue;
        service->writer_(output, error);
        return true;
    }
    return false;
}

void describe(Output& output, const Error& error) {
    if (error.code >= service_errors) {
        if (ServiceSentences::write(output, error)) return;
        return format_to(output, "the service refused with its error {} ({}, {})", number_of(error), error.details[0],
                         error.details[1]);
    }
    if (error.code >= static_cast<uint32_t>(LibraryError::bad_environment)) {
        return describe_library_error(output, static_cast<LibraryError>(error.code), error.details);
    }
    abi::write_sentence([&output](std::string_view text) { output.write(text); },
                        static_cast<abi::ErrorCode>(error.code), error.details[0], error.details[1]);
}

}  // namespace sel

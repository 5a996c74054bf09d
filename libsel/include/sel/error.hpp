// SPDX-License-Identifier: BSD-2-Clause
// Errors for people: every error is a sentence, in every build.
#pragma once

#include <cstdlib>
#include <string_view>

#include <sel/print.hpp>
#include <sel/result.hpp>

namespace sel {

/// Writes an error as a sentence without full stop: print("{}\n", error) prints "argument 2: slot 40 holds no
/// capability". The kernel's sentences come from the interface description.
void describe(Output& output, const Error& error);

/// The sentences of a service's errors: whoever includes the header of its protocol, in which one object of this is, can print
/// them. They are written by a describe() beside the enumeration.
///
/// Example: a protocol's errors.
///
///     namespace oven {
///     enum class Refusal : uint16_t { too_hot = 1, no_gas };
///
///     inline void describe(sel::Output& output, Refusal refusal, uint64_t degrees, uint64_t most) {
///         switch (refusal) {
///         case Refusal::too_hot: return sel::format_to(output, "{} degrees are more than {}", degrees, most);
///         case Refusal::no_gas: return output.write("there is no gas");
///         }
///     }
///     inline const sel::Sentences<Refusal> sentences;
///     }  // namespace oven
class ServiceSentences {
public:
    using Writer = void (*)(Output& output, const Error& error);

    ServiceSentences(const ServiceSentences&) = delete;
    ServiceSentences& operator=(const ServiceSentences&) = delete;

    /// Writes the sentence of a service's error; false if its service is not known here.
    static bool write(Output& output, const Error& error);

protected:
    ServiceSentences(uint32_t errors, Writer writer);
    ~ServiceSentences() = default;

private:
    uint32_t errors_;
    Writer writer_;
    const ServiceSentences* next_;
};

template <ServiceError E>
class Sentences : ServiceSentences {
public:
    Sentences()
        : ServiceSentences(errors_of<E>(), [](Output& output, const Error& error) {
              describe(output, static_cast<E>(error.code - errors_of<E>()), error.details[0], error.details[1]);
          }) {}
};

/// The value of a result; an error ends the component after a line on the console that says what failed and why.
///
/// Example: an endpoint without which there is nothing to do.
///
///     sel::Endpoint requests_or_end() { return sel::or_abort(sel::environment().endpoint("requests"), "finding the requests"); }
template <typename T>
T or_abort(Result<T> result, std::string_view what) {
    if (!result) {
        print("{} failed: {}\n", what, result.error());
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

}  // namespace sel

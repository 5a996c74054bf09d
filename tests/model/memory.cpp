// SPDX-License-Identifier: BSD-2-Clause
// Methods of untyped memory and of frames.
#include <algorithm>

#include "methods.hpp"

namespace selene::model {

namespace {

constexpr uint64_t page = 4096;
constexpr uint64_t plain = bit(Right::read) | bit(Right::write) | bit(Right::inspect);

/// How large an object is, how aligned, what slots it holds, what rights its origin has; nothing if there is no such
/// object.
struct Kind {
    uint64_t bytes;
    uint64_t alignment;
    uint64_t slots;
    uint64_t rights;
};

std::optional<Kind> kind_of(ObjectType type, uint64_t size) {
    constexpr uint64_t line = 64;
    const auto fixed = [&](uint64_t bytes, uint64_t alignment, uint64_t slots = 0, uint64_t more_rights = 0) {
        return size == 0 ? std::optional<Kind>({bytes, alignment, slots, plain | more_rights}) : std::nullopt;
    };
    switch (type) {
    case ObjectType::untyped:
        if (size < 1 || size > 1 << 26) return std::nullopt;
        return Kind{size * page, page, 0, plain};
    case ObjectType::cap_table:
        if (size < 1 || size > 1 << 24) return std::nullopt;
        return Kind{(64 + 32 * size + line - 1) / line * line, line, size, plain};
    case ObjectType::frame:
        if (size != 12 && size != 21 && size != 30) return std::nullopt;
        return Kind{uint64_t{1} << size, uint64_t{1} << size, 0, plain | bit(Right::transfer)};
    case ObjectType::sched_context:
        if (size < 2 || size > 120) return std::nullopt;
        return Kind{(128 + 16 * size + line - 1) / line * line, line, 0, plain};
    case ObjectType::task: return fixed(256, line, 4);
    case ObjectType::thread: return fixed(1024, line, 2);
    case ObjectType::address_space: return fixed(2 * page, page, 0, bit(Right::write_execute));
    case ObjectType::page_table: return fixed(2 * page, page);
    case ObjectType::endpoint: return fixed(64, line, 0, bit(Right::transfer) | bit(Right::reply));
    case ObjectType::reply:
    case ObjectType::notification: return fixed(64, line);
    case ObjectType::interrupt_handler: return fixed(64, line, 1);
    case ObjectType::empty:
    case ObjectType::interrupt_control:
    case ObjectType::schedule_control:
    case ObjectType::power_control: return std::nullopt;
    }
    return std::nullopt;
}

bool is_made(ObjectType type) {
    return type != ObjectType::interrupt_control && type != ObjectType::schedule_control &&
           type != ObjectType::power_control;
}

Object make(ObjectType type, uint64_t size, uint64_t base, const Kind& kind, bool device) {
    Object object{.type = type, .base = base, .bytes = kind.bytes, .slots = kind.slots, .device = device};
    if (type == ObjectType::address_space) object.pages.level = 1;
    if (type == ObjectType::sched_context) object.context.capacity = size;
    return object;
}

}  // namespace

Outcome untyped::retype(System& system, const Call& call) {
    const auto [type_word, size, count, table, first, unused0, unused1, progress] = call.words;
    const auto type = static_cast<ObjectType>(type_word);
    Object& memory = call.object();
    if (system.depth(*call.self) + 1 > System::deepest)
        return Outcome::refused(ErrorCode::depth_exceeded, 0, System::deepest);
    if (!is_made(type)) return Outcome::refused(ErrorCode::argument_out_of_range, 1);
    const auto kind = kind_of(type, size);
    if (!kind) return Outcome::refused(ErrorCode::argument_out_of_range, 2);
    if (memory.device && type != ObjectType::frame && type != ObjectType::untyped)
        return Outcome::refused(ErrorCode::device_memory, 1);
    if (progress >= count) return Outcome::with(count);

    // All of it is free again when nothing is left that was made from it.
    const uint64_t used = call.self->children.empty() ? 0 : memory.used;
    uint64_t at = (memory.base + used + kind->alignment - 1) / kind->alignment * kind->alignment;
    const uint64_t end = memory.base + memory.bytes;
    const uint64_t free = at < end ? end - at : 0;
    if (count - progress > free / kind->bytes)
        return Outcome::refused(ErrorCode::out_of_memory, (count - progress) * kind->bytes, free);
    for (uint64_t done = progress; done < count; ++done, at += kind->bytes) {
        const Place place{call.capabilities[3]->object, first + done};
        if (const Outcome outcome = check_slot(system, place, 5); outcome.refused()) return outcome.after(done);
        Object& object = system.add_object(make(type, size, at, *kind, memory.device));
        system.add(call.self, {.place = place, .object = &object, .rights = kind->rights, .word = 0, .origin = true});
        memory.used = at + kind->bytes - memory.base;
    }
    return Outcome::with(count);
}

Outcome frame::maintain(System& /*system*/, const Call& call) {
    const auto [operation, offset, bytes, unused0, unused1, unused2, unused3, progress] = call.words;
    const Object& memory = call.object();
    if (memory.device) return Outcome::refused(ErrorCode::device_memory, 0);
    if (offset >= memory.bytes) return Outcome::refused(ErrorCode::argument_out_of_range, 2, memory.bytes - 1);
    if (bytes > memory.bytes - offset)
        return Outcome::refused(ErrorCode::argument_out_of_range, 3, memory.bytes - offset);
    return {};
}

}  // namespace selene::model

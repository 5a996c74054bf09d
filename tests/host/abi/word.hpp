// SPDX-License-Identifier: BSD-2-Clause
// Message words to and from the types of the kernel and of libsel.
#pragma once

#include <cstdint>
#include <type_traits>

#include "capability/slot.hpp"
#include "sel/cap_index.hpp"

/// A message word that becomes whatever type is asked for.
struct Word {
    uint64_t raw;

    template <class Value>
    operator Value() const {
        if constexpr (std::is_arithmetic_v<Value> || std::is_enum_v<Value>) {
            return static_cast<Value>(raw);
        } else if constexpr (requires { Value::from_mask(raw); }) {  // selene::Rights
            return Value::from_mask(raw);
        } else if constexpr (requires(Value value) { value.value(); }) {  // the kernel's strong integers
            return Value(static_cast<decltype(Value().value())>(raw));
        } else if constexpr (requires(Value value) { value.index(); }) {  // libsel's stubs
            return Value(sel::CapIndex(raw));
        } else {
            return Value(raw);
        }
    }
};

/// The message word of a value.
template <class Value>
uint64_t raw(const Value& value) {
    if constexpr (std::is_arithmetic_v<Value> || std::is_enum_v<Value>) {
        return static_cast<uint64_t>(value);
    } else if constexpr (requires { value.mask(); }) {
        return value.mask();
    } else if constexpr (requires { value.value(); }) {
        return value.value();
    } else {
        return value.raw();
    }
}

/// A capability is known by the index that named it.
inline uint64_t raw(const selene::Slot* slot) { return slot == nullptr ? selene::abi::no_capability : slot->index; }
inline uint64_t raw(selene::Slot* slot) { return raw(static_cast<const selene::Slot*>(slot)); }

// SPDX-License-Identifier: BSD-2-Clause
// What a component was given, by the names in its specification.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <sel/environment_format.hpp>
#include <sel/objects.hpp>
#include <sel/result.hpp>

namespace sel {

/// Memory that is mapped into the component.
struct MemoryRegion {
    std::span<std::byte> bytes;
    uint64_t physical_address;  ///< of device memory, else 0
    abi::RightsMask rights;     ///< of the mapping: read, write, transfer (execute)
};

/// The environment of a component: a checked view of the bytes that the CapDL compiler made (environment_format.hpp).
///
/// A look-up by name costs a pass over the entries: do it once. A name that is not there is the error unknown_name,
/// which prints as a sentence with the name in it. That a capability is of the type asked for is the specification's
/// promise; the kernel checks it when the capability is used.
///
/// Example: a server that the specification calls `server`.
///
///     sel::Result<sel::Message> call_server() {
///         SEL_TRY(server, sel::environment().endpoint("server"));
///         return server.call(sel::Message(1));
///     }
class Environment {
public:
    /// An empty environment, in which no name is known.
    constexpr Environment() = default;

    /// Checks every offset in `bytes`. Errors: bad_environment, with the offset of what is wrong.
    [[nodiscard]] static Result<Environment> parse(std::span<const std::byte> bytes);

    /// A capability of the type T: capability<Untyped>("ram").
    template <std::derived_from<stub::Capability> T = stub::Capability>
    [[nodiscard]] Result<T> capability(std::string_view name) const {
        SEL_TRY(entry, find(EnvironmentKind::capability, name));
        return T(CapIndex(entry->value0));
    }

    [[nodiscard]] Result<Endpoint> endpoint(std::string_view name) const { return capability<Endpoint>(name); }
    [[nodiscard]] Result<Notification> notification(std::string_view name) const {
        return capability<Notification>(name);
    }
    [[nodiscard]] Result<Reply> reply(std::string_view name) const { return capability<Reply>(name); }

    /// A frame or device that is mapped here.
    [[nodiscard]] Result<MemoryRegion> memory(std::string_view name) const;

    /// Whether the device whose registers are mapped as `name` is of a model, by its name in the device tree
    /// ("arm,pl011"). False if there is no such memory, it is no device, or this machine does not have that one.
    [[nodiscard]] bool is_model(std::string_view name, std::string_view model) const;

    /// A string from the specification.
    [[nodiscard]] Result<std::string_view> argument(std::string_view name) const;

    /// The name of the component that reaches the endpoint `name` with this badge.
    [[nodiscard]] Result<std::string_view> peer(std::string_view name, uint64_t badge) const;

    /// All entries and their names, for those who want to list them.
    [[nodiscard]] std::span<const EnvironmentEntry> entries() const;
    [[nodiscard]] std::string_view name(const EnvironmentEntry& entry) const;

    /// All zero in an empty environment.
    [[nodiscard]] EnvironmentHeader header() const;

private:
    explicit Environment(std::span<const std::byte> bytes) : bytes_(bytes) {}

    [[nodiscard]] std::string_view string(uint64_t offset) const;
    [[nodiscard]] Result<const EnvironmentEntry*> find(EnvironmentKind kind, std::string_view wanted) const;

    std::span<const std::byte> bytes_;
};

/// The environment of this component.
[[nodiscard]] const Environment& environment();

namespace detail {

/// Called once by start-up. A damaged environment ends the component: it cannot even reach its console.
void adopt_environment(const EnvironmentHeader* header);

}  // namespace detail
}  // namespace sel

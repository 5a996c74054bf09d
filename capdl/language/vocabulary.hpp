// SPDX-License-Identifier: BSD-2-Clause
// Every word of the language that means something, in tables.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

namespace capdl {

// --- Architectures -----------------------------------------------------------------------------------------

enum class Architecture : uint8_t { aarch64, arm11, ia32, riscv, x86_64 };

[[nodiscard]] std::string_view word(Architecture architecture);
[[nodiscard]] std::optional<Architecture> find_architecture(std::string_view word);

// --- Object types ------------------------------------------------------------------------------------------

enum class ObjectType : uint8_t {
    arm_io_device,
    arm_irq,
    arm_sgi_signal,
    asid_pool,
    cnode,
    contextbank,
    ep,
    frame,
    io_device,
    io_ports,
    io_pt,
    ioapic_irq,
    irq,
    msi_irq,
    notification,
    pd,
    pdpt,
    pgd,
    pml4,
    pt,
    pud,
    rtreply,
    sc,
    smc,
    streamid,
    tcb,
    ut,
    vcpu,
};
inline constexpr size_t object_type_count = static_cast<size_t>(ObjectType::vcpu) + 1;

[[nodiscard]] std::string_view word(ObjectType type);
[[nodiscard]] std::optional<ObjectType> find_object_type(std::string_view word);
/// The type as a noun with its article: "a page table (pt)".
[[nodiscard]] std::string_view describe(ObjectType type);

/// Some object types.
class TypeSet {
public:
    constexpr TypeSet() = default;
    constexpr TypeSet(std::initializer_list<ObjectType> types) {
        for (const ObjectType type : types) {
            bits_ |= uint32_t{1} << static_cast<unsigned>(type);
        }
    }
    [[nodiscard]] constexpr bool contains(ObjectType type) const {
        return (bits_ >> static_cast<unsigned>(type) & 1) != 0;
    }

private:
    uint32_t bits_ = 0;
};

inline constexpr TypeSet interrupt_types{ObjectType::irq, ObjectType::arm_irq, ObjectType::ioapic_irq,
                                         ObjectType::msi_irq};
inline constexpr TypeSet table_types{ObjectType::pt,  ObjectType::pd,   ObjectType::pud,
                                     ObjectType::pgd, ObjectType::pdpt, ObjectType::pml4};
/// Types whose capabilities carry rights.
inline constexpr TypeSet types_with_rights{ObjectType::ep, ObjectType::notification, ObjectType::frame};
/// Types whose capabilities carry a badge.
inline constexpr TypeSet types_with_badge{ObjectType::ep, ObjectType::notification, ObjectType::smc};

// --- Slots of a thread ---------------------------------------------------------------------------------------

enum class ThreadSlot : uint8_t {
    cspace = 0,
    vspace = 1,
    reply_slot = 2,
    caller_slot = 3,
    ipc_buffer_slot = 4,
    fault_ep_slot = 5,
    sc_slot = 6,
    temp_fault_ep_slot = 7,
    bound_notification = 8,
    bound_vcpu = 9,
};
inline constexpr size_t thread_slot_count = 10;

[[nodiscard]] std::string_view word(ThreadSlot slot);
[[nodiscard]] std::optional<ThreadSlot> find_thread_slot(std::string_view word);

// --- Capabilities that name no object ------------------------------------------------------------------------

/// Authority that nobody declares: it is there from the start.
enum class Authority : uint8_t {
    none,
    asid_control,
    domain,
    io_space_master,
    irq_control,
    sched_control,
    sgi_signal,
    power_control,      ///< Selene: switching the machine off
    remaining_untyped,  ///< Selene: all memory that the system does not use
};

[[nodiscard]] std::string_view word(Authority authority);
[[nodiscard]] std::optional<Authority> find_authority(std::string_view word);

// --- Parameters ----------------------------------------------------------------------------------------------

/// What stands between parentheses behind an object, a component or a capability.
enum class Parameter : uint8_t {
    // without a word of their own
    bits,
    frame_size,
    pci_device,
    rights,
    // of objects
    addr,
    affinity,
    asid_high,
    bank,
    budget,
    data,
    device,
    dma,
    dom,
    domain_id,
    elf,
    extra_refills,
    fault_ep,
    fill,
    flags,
    fpu_disabled,
    index,
    init,
    ioapic_level,
    ioapic_num,
    ioapic_pin,
    ioapic_polarity,
    iospace,
    ip,
    irq,
    level,
    max_prio,
    msi_handle,
    msi_pci_bus,
    msi_pci_dev,
    msi_pci_fun,
    optional,
    paddr,
    period,
    ports,
    prio,
    resume,
    sp,
    target,
    tls,
    trigger,
    // of components
    links,
    slots,
    stack,
    // of capabilities
    asid,
    at,
    badge,
    cached,
    core,
    executable,
    execute_never,
    guard,
    guard_size,
    inspect,
    mapping,
    masked,
    master_reply,
    quota,
    reply,
    uncached,
};

/// How the value of a parameter is written.
enum class ValueShape : uint8_t {
    none,        ///< the word alone
    number,      ///< a number
    bits,        ///< N bits
    size,        ///< a number of bytes, with or without k, M, G
    boolean,     ///< True or False
    trigger,     ///< level, edge, or the number that stands for it
    text,        ///< a string
    word,        ///< a name
    numbers,     ///< [N, ...]
    port_range,  ///< [N .. N]
    pair,        ///< (N, N)
    fills,       ///< [{...}, ...]
    rights,      ///< letters
    slot,        ///< (object, slot)
};

struct ParameterRule {
    std::string_view word;
    Parameter parameter;
    ValueShape shape;
    TypeSet objects;  ///< object types that take it
};

[[nodiscard]] std::span<const ParameterRule> object_parameters();
[[nodiscard]] std::span<const ParameterRule> component_parameters();
[[nodiscard]] std::span<const ParameterRule> capability_parameters();
/// The word of a parameter, or what it is called if it has none.
[[nodiscard]] std::string_view word(Parameter parameter);

// --- Rights ----------------------------------------------------------------------------------------------------

/// A set of rights, in the bits of the kernel's interface.
class Rights {
public:
    static constexpr uint8_t read = 1, write = 2, transfer = 8, reply = 4, all = 15;
    static constexpr uint8_t inspect = 16;  ///< has no letter but a parameter, since most types carry no letters

    constexpr Rights() = default;
    explicit constexpr Rights(uint8_t bits) : bits_(bits) {}

    /// Reads letters of "RWGXP" (X is another name of G); nothing if there is any other letter.
    [[nodiscard]] static std::optional<Rights> parse(std::string_view letters);

    [[nodiscard]] constexpr uint8_t bits() const { return bits_; }
    [[nodiscard]] constexpr bool has(uint8_t right) const { return (bits_ & right) == right; }
    friend constexpr Rights operator|(Rights a, Rights b) { return Rights(static_cast<uint8_t>(a.bits_ | b.bits_)); }
    friend constexpr Rights operator&(Rights a, Rights b) { return Rights(static_cast<uint8_t>(a.bits_ & b.bits_)); }
    friend constexpr bool operator==(Rights, Rights) = default;

private:
    uint8_t bits_ = 0;
};

/// Where the content of a part of a frame comes from.
enum class FillSource : uint8_t {
    file,           ///< CDL_FrameFill_FileData "file" offset
    device_tree,    ///< CDL_FrameFill_BootInfo CDL_FrameFill_BootInfo_FDT offset
    boot_info,      ///< CDL_FrameFill_BootInfo CDL_FrameFill_BootInfo_BI offset: of selene::abi::BootInfo
    bytes,          ///< Selene: bytes "hexadecimal digits"
    device_base,    ///< Selene: device_base FRAME: 8 bytes, the physical address of the frame's device registers
    device_start,   ///< Selene: device_start FRAME N: 8 bytes, N plus the registers' offset in the frame's page
    device_models,  ///< Selene: device_models FRAME N: the device's `compatible`, from byte N on
    handed_over,    ///< Selene: remaining_untyped: the description of the memory handed over
    restart_plan,   ///< Selene: restart_plan UNTYPED N: how what it covers is rebuilt, from byte N on
};

[[nodiscard]] std::string_view word(FillSource source);
/// Which part of the boot information it is, where `word` is not the whole name.
[[nodiscard]] constexpr std::string_view boot_info_word(FillSource source) {
    return source == FillSource::boot_info ? "CDL_FrameFill_BootInfo_BI" : "CDL_FrameFill_BootInfo_FDT";
}
[[nodiscard]] std::optional<FillSource> find_fill_source(std::string_view word);

}  // namespace capdl

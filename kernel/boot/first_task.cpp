// SPDX-License-Identifier: BSD-2-Clause
// Boot of the machine-independent kernel.
#include "boot/first_task.hpp"

#include "abi/boot_info.hpp"
#include "base/assert.hpp"
#include "boot/boot_supply.hpp"
#include "boot/first_task_needs.hpp"
#include "boot/other_cores.hpp"
#include "capability/derive.hpp"
#include "machine.hpp"
#include "scheduling/scheduler.hpp"

#pragma clang section text = ".boot_text"

namespace selene {

namespace {

using abi::BootInfo;
using abi::BootSlot;
using abi::ObjectType;

constexpr uint64_t index_of(BootSlot slot) { return static_cast<uint64_t>(slot); }

constexpr uint8_t highest_priority = 255;
constexpr uint64_t boot_slice_milliseconds = 10;
constexpr uint64_t placement_alignment = FirstTaskNeeds::placement_alignment;

// One range of memory may be cut in two by the boot untyped.
static_assert(BootDescription::maximum_memory_ranges + 1 + BootDescription::maximum_device_ranges <=
              BootInfo::maximum_untypeds);

/// The boot of one kernel, step by step.
class Boot {
public:
    Boot(Kernel& kernel, Core& core, const BootDescription& description, PhysRange boot_memory, FirstTaskNeeds needs)
        SELENE_REQUIRES(tree_lock, own_core)
        : kernel_(kernel),
          core_(core),
          description_(description),
          supply_(kernel.tree, boot_memory, static_cast<uint32_t>(needs.slots), index_of(BootSlot::boot_untyped),
                  index_of(BootSlot::table)),
          boot_memory_(boot_memory) {}

    Thread& run(uint32_t cores_answered) SELENE_REQUIRES(tree_lock, own_core) {
        make_objects();
        make_authorities();
        supply_.set_next_index(index_of(BootSlot::first_dynamic));
        supply_.make(info_frame_, ObjectType::frame, 12);
        info_ = machine::window<BootInfo>(Frame(info_frame_).base());
        list_memory();
        map_segments();
        map_own_pages();
        describe();
        info_->cores_answered = cores_answered;
        start();
        return *thread_;
    }

private:
    Slot& boot_slot(BootSlot slot) { return supply_.slot(index_of(slot)); }

    void make_objects() SELENE_REQUIRES(tree_lock, own_core) {
        supply_.make(boot_slot(BootSlot::space), ObjectType::address_space);
        supply_.make(boot_slot(BootSlot::task), ObjectType::task);
        supply_.make(boot_slot(BootSlot::thread), ObjectType::thread);
        supply_.make(boot_slot(BootSlot::sched_context), ObjectType::sched_context, FirstTaskNeeds::refills);
        thread_ = boot_slot(BootSlot::thread).object<Thread>();
        space_ = boot_slot(BootSlot::space).object<PageTable>();
        Task& task = *boot_slot(BootSlot::task).object<Task>();
        derive::installed(boot_slot(BootSlot::table), task.table_slot, CapType::installed_table);
        task.table = supply_.table().slots();
        task.count = supply_.table().count();
        derive::installed(boot_slot(BootSlot::space), task.space_slot, CapType::installed_space);
        task.space = space_;
        derive::installed(boot_slot(BootSlot::task), thread_->task_slot, CapType::installed_task);
        thread_->task = &task;
    }

    void make_authorities() SELENE_REQUIRES(tree_lock, own_core) {
        const Rights all = rights::read | rights::write | rights::inspect;
        const auto authority = [&](CapType type, uint64_t number) {
            // No object: the number keeps the capabilities of several cores apart.
            return Capability(Capability::Type::make(type) | Capability::rights_bits(all), number);
        };
        supply_.make_root(boot_slot(BootSlot::interrupt_control), authority(CapType::interrupt_control, 0));
        supply_.make_root(boot_slot(BootSlot::power_control), authority(CapType::power_control, 0));
        // Threads run on the boot core; the other cores' time follows when they do.
        supply_.make_root(boot_slot(BootSlot::schedule_control), authority(CapType::schedule_control, 0));
    }

    void list_range(PhysRange range, uint64_t device) SELENE_REQUIRES(tree_lock, own_core) {
        if (range.size == 0) return;
        Slot& slot = supply_.next_slot();
        const uint64_t index = supply_.next_index() - 1;
        supply_.make_root(slot, Untyped::make(PhysAddr(range.base), range.size / page_bytes, device,
                                              rights::read | rights::write | rights::inspect));
        SELENE_ASSERT(info_->untyped_count < BootInfo::maximum_untypeds);
        info_->untypeds[info_->untyped_count++] = {index, range.base, range.size, device};
    }

    /// Everything but the part of a range that became the boot untyped.
    void list_memory() SELENE_REQUIRES(tree_lock, own_core) {
        for (uint32_t i = 0; i < description_.memory_count; ++i) {
            const PhysRange range = description_.memory[i];
            const uint64_t before = boot_memory_.base - range.base;
            if (before >= range.size) {
                list_range(range, 0);
                continue;
            }
            list_range({range.base, before}, 0);
            list_range({boot_memory_.base + boot_memory_.size, range.size - before - boot_memory_.size}, 0);
        }
        for (uint32_t i = 0; i < description_.device_count; ++i) list_range(description_.devices[i], 1);
        // Their contents count: all of their memory is in use until the frames below them are gone.
        const auto in_place = [&](BootSlot name, PhysRange range) SELENE_REQUIRES(tree_lock) {
            if (range.size == 0) return;
            Slot& slot = boot_slot(name);
            supply_.make_root(slot, Untyped::make(PhysAddr(range.base), range.size / page_bytes, 0,
                                                  rights::read | rights::write | rights::inspect));
            slot.update(Untyped(slot).at(range.size, 0));
        };
        in_place(BootSlot::image_untyped, description_.system_part);
        in_place(BootSlot::device_tree_untyped, description_.device_tree);
    }

    void map_segments() SELENE_REQUIRES(tree_lock, own_core) {
        for (uint32_t i = 0; i < description_.segment_count; ++i) {
            const FirstTaskSegment& segment = description_.segments[i];
            if (segment.writable != 0) {
                map_writable(segment);
            } else {
                const Rights rights = segment.executable != 0 ? rights::read | rights::execute : rights::read;
                map_in_place(boot_slot(BootSlot::image_untyped), segment.contents.base - description_.system_part.base,
                             segment.memory_size, VirtAddr(segment.address), rights);
                info_->image_address = segment.address;
                info_->image_bytes = segment.memory_size;
            }
            raise_free_address(segment.address + segment.memory_size);
        }
    }

    void map_in_place(Slot& range, uint64_t offset, uint64_t bytes, VirtAddr address, Rights rights)
        SELENE_REQUIRES(tree_lock, own_core) {
        for (uint64_t done = 0; done < bytes; done += page_bytes) {
            supply_.map(*space_, supply_.make_frame_in_place(range, offset + done, rights), address + done, rights);
        }
    }

    void map_writable(const FirstTaskSegment& segment) SELENE_REQUIRES(tree_lock, own_core) {
        for (uint64_t done = 0; done < segment.memory_size; done += page_bytes) {
            Slot& frame = map_fresh(VirtAddr(segment.address + done));
            if (done >= segment.file_size) continue;
            const uint64_t left = segment.file_size - done;
            __builtin_memcpy(machine::window<void>(Frame(frame).base()),
                             machine::window<void>(PhysAddr(segment.contents.base + done)),
                             left < page_bytes ? left : page_bytes);
        }
    }

    Slot& map_fresh(VirtAddr address) SELENE_REQUIRES(tree_lock, own_core) {
        Slot& frame = supply_.next_slot();
        supply_.make(frame, ObjectType::frame, 12);
        supply_.map(*space_, frame, address, rights::read | rights::write);
        return frame;
    }

    void raise_free_address(uint64_t end) {
        if (end > free_address_) free_address_ = end;
    }

    /// BootInfo, the IPC buffer and the device tree, above the segments.
    void map_own_pages() SELENE_REQUIRES(tree_lock, own_core) {
        uint64_t address = round_up(free_address_, placement_alignment);
        supply_.map(*space_, info_frame_, VirtAddr(address), rights::read);
        info_address_ = address;
        address += page_bytes;
        info_->ipc_buffer = address;
        Slot& buffer = map_fresh(VirtAddr(address));
        derive::installed(buffer, thread_->buffer_slot, CapType::installed_buffer);
        thread_->buffer = machine::window<uint64_t>(Frame(buffer).base());
        address += page_bytes;
        info_->device_tree_address = address;
        info_->device_tree_bytes = description_.device_tree.size;
        map_in_place(boot_slot(BootSlot::device_tree_untyped), 0, description_.device_tree.size, VirtAddr(address),
                     rights::read);
        raise_free_address(address + description_.device_tree.size);
        machine::flush_barrier();
    }

    void describe() {
        info_->magic = BootInfo::expected_magic;
        info_->boot_untyped_base = boot_memory_.base;
        info_->boot_untyped_bytes = boot_memory_.size;
        info_->image_base = description_.system_part.base;
        info_->image_untyped_bytes = description_.system_part.size;
        info_->device_tree_base = description_.device_tree.base;
        info_->table_slots = supply_.table().count();
        info_->first_empty_slot = supply_.next_index();
        info_->free_address = round_up(free_address_, placement_alignment);
        info_->timer_frequency = machine::timer_frequency();
        info_->timer_line = machine::timer_line();
        info_->core_count = description_.core_count;
        for (uint32_t i = 0; i < description_.kept_count; ++i) info_->kernel_bytes += description_.kept[i].size;
        info_->boot_bytes = info_->kernel_bytes + description_.device_tree.size + description_.system_part.size;
        for (uint32_t i = 0; i < description_.memory_count; ++i) info_->boot_bytes += description_.memory[i].size;
        info_->serial_kind = static_cast<uint64_t>(description_.serial.kind);
        info_->serial_base = description_.serial.registers.base;
        info_->serial_bytes = description_.serial.registers.size;
        info_->serial_line = description_.serial.line;
        info_->minimum_budget = kernel_.minimum_budget;
    }

    void start() SELENE_REQUIRES(tree_lock, own_core) {
        SchedContext& context = *boot_slot(BootSlot::sched_context).object<SchedContext>();
        const uint64_t slice = machine::timer_frequency() / 1000 * boot_slice_milliseconds;
        scheduler::configure(core_, context, {.budget = slice, .period = slice, .refills = FirstTaskNeeds::refills});
        scheduler::bind(core_, context, *thread_);
        thread_->set_priority(highest_priority);
        thread_->maximum_priority = highest_priority;
        thread_->started = 1;
        thread_->pc = description_.first_task_entry;
        thread_->registers.x[0] = info_address_;
        thread_->summary = (thread_->summary & 0xffff) | core_.summary_bits();
        scheduler::make_runnable(core_, *thread_);
    }

    Kernel& kernel_;
    Core& core_;
    const BootDescription& description_;
    BootSupply supply_;
    PhysRange boot_memory_;
    Thread* thread_ = nullptr;
    PageTable* space_ = nullptr;
    BootInfo* info_ = nullptr;
    Slot& info_frame_ = supply_.slot(index_of(BootSlot::boot_info));
    uint64_t info_address_ = 0;
    uint64_t free_address_ = 0;
};

}  // namespace

Thread& boot(Kernel& kernel, Core& core, const BootDescription& description) {
    kernel.cores = &core;
    core.kernel = &kernel;
    core.id = CoreId(0);
    const uint32_t cores_answered = start_other_cores(kernel, description);
    const Held held(tree_lock);
    kernel.tree.initialise();
    kernel.minimum_budget = machine::timer_frequency() * config::minimum_budget_microseconds / 1'000'000;
    kernel.identities.initialise(description.seed[0], description.seed[1]);
    const FirstTaskNeeds needs = FirstTaskNeeds::of(description);
    const PhysRange memory = FirstTaskNeeds::place(description, needs.bytes);
    SELENE_ASSERT(memory.size != 0);  // the boot stage has looked
    return Boot(kernel, core, description, memory, needs).run(cores_answered);
}

}  // namespace selene

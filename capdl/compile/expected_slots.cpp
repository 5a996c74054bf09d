// SPDX-License-Identifier: BSD-2-Clause
// What the kernel has to report of every slot once the loader has done what a Plan says.
#include "compile/expected_slots.hpp"

#include <algorithm>
#include <span>
#include <unordered_map>

#include "abi/object_sizes.hpp"

namespace capdl {
namespace {

namespace abi = selene::abi;
using image::SlotPlace;
using image::SlotRecord;

constexpr uint32_t nobody = ~uint32_t{0};
constexpr uint64_t not_mapped = ~uint64_t{0};

constexpr uint8_t right(abi::Right name) { return static_cast<uint8_t>(name); }
constexpr uint8_t plain = right(abi::Right::read) | right(abi::Right::write) | right(abi::Right::inspect);

// What retype gives.
uint8_t rights_of_origin(abi::ObjectType type) {
    switch (type) {
    case abi::ObjectType::frame: return plain | right(abi::Right::transfer);
    case abi::ObjectType::address_space: return plain | right(abi::Right::write_execute);
    case abi::ObjectType::endpoint: return plain | right(abi::Right::transfer) | right(abi::Right::reply);
    default: return plain;
    }
}

uint64_t detail_of_origin(abi::ObjectType type) { return type == abi::ObjectType::frame ? not_mapped : 0; }

bool says_its_size(abi::ObjectType type) {
    return type == abi::ObjectType::frame || type == abi::ObjectType::untyped || type == abi::ObjectType::cap_table ||
           type == abi::ObjectType::sched_context;
}

// The derivation tree as it grows.
class Growth {
public:
    explicit Growth(const Plan& plan) : plan_(plan), own_(plan.objects.size() + plan.extra_count, nobody) {}

    std::vector<SlotRecord> grow() {
        make_authorities();
        make_objects();
        derive_capabilities();
        install_into_tasks();
        bind_interrupts();
        prepare_threads();
        map_frames();
        return in_order();
    }

private:
    struct Node {
        SlotRecord record;
        uint32_t youngest = nobody;  // child
        uint32_t older = nobody;     // sibling
    };

    abi::ObjectType type_of(uint32_t node) const { return static_cast<abi::ObjectType>(nodes_[node].record.type); }

    uint32_t add(uint32_t parent, const SlotRecord& record) {
        const auto added = static_cast<uint32_t>(nodes_.size());
        nodes_.push_back({.record = record});
        uint32_t& youngest = parent == nobody ? youngest_root_ : nodes_[parent].youngest;
        nodes_[added].older = youngest;
        youngest = added;
        return added;
    }

    // A child of a capability, elsewhere.
    uint32_t derive(uint32_t parent, SlotRecord place, uint32_t rights, uint64_t word) {
        const SlotRecord& from = nodes_[parent].record;
        place.type = from.type;
        place.rights = static_cast<uint8_t>(from.rights & rights);
        place.object = from.object;
        place.size = from.size;
        place.detail = type_of(parent) == abi::ObjectType::frame ? not_mapped : word != 0 ? word : from.detail;
        return add(parent, place);
    }

    // The same in a slot of an object's own.
    void install(uint32_t source, uint32_t holder, SlotPlace where, auto index, uint64_t offset = 0) {
        const uint32_t node = node_of(source);
        const uint32_t installed =
            derive(node, {.holder = holder, .place = where, .index = static_cast<uint32_t>(index)},
                   nodes_[node].record.rights, 0);
        if (type_of(node) == abi::ObjectType::frame) {
            nodes_[installed].record.detail = offset;
        }
    }

    uint32_t node_of(uint64_t source) const {
        return source < own_.size() ? own_[source] : authority_.at(static_cast<uint32_t>(source));
    }

    static uint64_t key(uint32_t table, uint64_t slot) { return uint64_t{table} << 32 | slot; }

    // --- In the order of the loader's work ---

    void make_authorities() {
        const auto authority = [this](uint32_t source, abi::ObjectType type) {
            authority_[source] = add(nobody, {.holder = image::none,
                                              .place = SlotPlace::own,
                                              .type = static_cast<uint8_t>(type),
                                              .rights = plain,
                                              .index = source,
                                              .object = source});
        };
        authority(image::interrupt_control, abi::ObjectType::interrupt_control);
        authority(image::power_control, abi::ObjectType::power_control);
        authority(image::schedule_control, abi::ObjectType::schedule_control);
    }

    void make_object(uint32_t untyped, uint32_t object, uint32_t type_number, uint64_t size) {
        const auto type = static_cast<abi::ObjectType>(type_number);
        own_[object] = add(untyped == image::none ? nobody : own_[untyped], {.holder = image::none,
                                                                             .place = SlotPlace::own,
                                                                             .type = static_cast<uint8_t>(type),
                                                                             .rights = rights_of_origin(type),
                                                                             .index = object,
                                                                             .object = object,
                                                                             .size = says_its_size(type) ? size : 0,
                                                                             .detail = detail_of_origin(type)});
    }

    void make_objects() {
        for (const image::PlacedRecord& placed : plan_.placed) {
            make_object(image::none, placed.object, placed.type, placed.size);
        }
        for (const image::RunRecord& run : plan_.runs) {
            for (uint32_t object = run.first; object < run.first + run.count; ++object) {
                make_object(run.untyped, object, run.type, run.size);
            }
        }
    }

    void derive_capabilities() {
        for (const image::CapabilityRecord& record : plan_.capabilities) {
            for (uint32_t number = 0; number < record.count; ++number) {
                const uint32_t parent = record.source_table == image::none
                                            ? node_of(record.source + number)
                                            : in_table_.at(key(record.source_table, record.source + number));
                const bool is_extra = record.table == image::none;
                const auto index = static_cast<uint32_t>((is_extra ? plan_.objects.size() : 0) + record.slot + number);
                const uint32_t child = derive(
                    parent,
                    {.holder = record.table, .place = is_extra ? SlotPlace::own : SlotPlace::table, .index = index},
                    record.rights, record.badge);
                (is_extra ? own_[index] : in_table_[key(record.table, index)]) = child;
            }
        }
    }

    void install_into_tasks() {
        for (const image::TaskRecord& task : plan_.tasks) {
            install(task.table, task.task, SlotPlace::task, abi::TaskSlot::table);
            install(task.space, task.task, SlotPlace::task, abi::TaskSlot::space);
            if (task.fault_endpoint != image::none) {
                install(task.fault_endpoint, task.task, SlotPlace::task, abi::TaskSlot::fault_endpoint);
            }
            if (task.timeout_endpoint != image::none) {
                install(task.timeout_endpoint, task.task, SlotPlace::task, abi::TaskSlot::timeout_endpoint);
            }
        }
    }

    void bind_interrupts() {
        for (const image::InterruptRecord& interrupt : plan_.interrupts) {
            if (interrupt.notification != image::none) {
                install(interrupt.notification, interrupt.handler, SlotPlace::handler, 0);
            }
        }
    }

    void prepare_threads() {
        for (const image::ThreadRecord& thread : plan_.threads) {
            if (thread.task != image::none) {
                install(thread.task, thread.thread, SlotPlace::thread, abi::ThreadSlot::task);
            }
            if (thread.buffer != image::none) {
                install(thread.buffer, thread.thread, SlotPlace::thread, abi::ThreadSlot::buffer, thread.buffer_offset);
            }
        }
    }

    void map_frames() {
        for (const image::MappingRecord& mapping : plan_.mappings) {
            uint64_t address = mapping.address;
            for (uint32_t number = 0; number < mapping.count; ++number) {
                SlotRecord& frame = nodes_[node_of(uint64_t{mapping.first} + number)].record;
                frame.detail = address;
                address += uint64_t{1} << frame.size;
            }
        }
    }

    // --- The tree as a list ---

    std::vector<SlotRecord> in_order() {
        std::vector<SlotRecord> result;
        result.reserve(nodes_.size());
        std::vector<std::pair<uint32_t, uint8_t>> todo;  // nodes and their depths
        if (youngest_root_ != nobody) {
            todo.emplace_back(youngest_root_, uint8_t{0});
        }
        while (!todo.empty()) {
            const auto [node, depth] = todo.back();
            todo.pop_back();
            result.push_back(nodes_[node].record);
            result.back().depth = depth;
            if (nodes_[node].older != nobody) {
                todo.emplace_back(nodes_[node].older, depth);
            }
            if (nodes_[node].youngest != nobody) {
                todo.emplace_back(nodes_[node].youngest, static_cast<uint8_t>(depth + 1));
            }
        }
        return result;
    }

    const Plan& plan_;
    std::vector<Node> nodes_;
    uint32_t youngest_root_ = nobody;
    std::vector<uint32_t> own_;  // nodes of the loader's table, by source
    std::unordered_map<uint32_t, uint32_t> authority_;
    std::unordered_map<uint64_t, uint32_t> in_table_;
};

}  // namespace

std::vector<SlotRecord> expected_slots(const Plan& plan) { return Growth(plan).grow(); }

}  // namespace capdl

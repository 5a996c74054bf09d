// SPDX-License-Identifier: BSD-2-Clause
// Names of objects, as the specification has them.
#include "report.hpp"

#include "abi/names.hpp"

namespace capdl::loader {

namespace abi = selene::abi;

void describe(sel::Output& output, const ObjectName& object) {
    output.write(object.name);
    if (object.element != image::none) {
        sel::format_to(output, "[{}]", object.element);
    }
}

ObjectName name_of(const SystemView& system, uint32_t object) {
    if (object >= system.objects().size()) {
        return {"a capability of the loader's own", image::none};
    }
    const image::ObjectRecord& record = system.objects()[object];
    return {system.name(record.name), record.element};
}

void describe(sel::Output& output, const SourceName& name) {
    const auto objects = static_cast<uint32_t>(name.system.objects().size());
    if (name.source < objects) {
        describe(output, name_of(name.system, name.source));
        return;
    }
    const uint32_t extra = name.source - objects;
    for (const auto& record : name.system.records<image::CapabilityRecord>(image::SectionKind::capabilities)) {
        if (record.table == image::none && extra - record.slot < record.count) {
            output.write("the loader's capability to ");
            describe(output, name_of(name.system, static_cast<uint32_t>(record.source + (extra - record.slot))));
            return;
        }
    }
    output.write("an authority");
}

void describe(sel::Output& output, const SlotName& slot) {
    const image::SlotRecord& record = slot.record;
    switch (record.place) {
    case image::SlotPlace::own: describe(output, SourceName{slot.system, record.index}); return;
    case image::SlotPlace::table: sel::format_to(output, "slot {} of ", record.index); break;
    case image::SlotPlace::task:
        sel::format_to(output, "the {} of ", abi::name_of(static_cast<abi::TaskSlot>(record.index)));
        break;
    case image::SlotPlace::thread:
        sel::format_to(output, "the {} of ", abi::name_of(static_cast<abi::ThreadSlot>(record.index)));
        break;
    case image::SlotPlace::handler: output.write("the notification of "); break;
    }
    describe(output, name_of(slot.system, record.holder));
}

void describe(sel::Output& output, const TimeName& time) {
    if (time.context == image::none) {
        output.write("lent time only");
    } else {
        describe(output, name_of(time.system, time.context));
    }
}

void describe(sel::Output& output, const RightsName& rights) {
    std::string_view separator;
    for (uint64_t bit = 1; bit <= abi::all_rights; bit <<= 1) {
        if ((rights.mask & bit) != 0) {
            sel::format_to(output, "{}{}", separator, abi::name_of(static_cast<abi::Right>(bit)));
            separator = "+";
        }
    }
    output.write(rights.mask == 0 ? "none" : "");
}

}  // namespace capdl::loader

// SPDX-License-Identifier: BSD-2-Clause
// Names of objects, as the specification has them.
#include "report.hpp"

namespace capdl::loader {

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

}  // namespace capdl::loader

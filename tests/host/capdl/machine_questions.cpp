// SPDX-License-Identifier: BSD-2-Clause
// What the compiler asks of a machine's device tree, whatever is in that.
#include "machine_questions.hpp"

#include <expected>
#include <stdexcept>

#include "analysis/machine_check.hpp"
#include "machine/machine.hpp"
#include "tool/compilation.hpp"

namespace capdl::test {
namespace {

constexpr const char* spec = R"(arch aarch64
    objects {
        a = frame (4k, device: "stdout") b = frame (4k, device: "serial0", index: 1) c = frame (4k, paddr: 0x40000000)
        i = arm_irq (device: "rtc0") j = arm_irq (device: "/", index: 3, optional: True) t = cnode (4 bits) k = irq
    }
    caps { t { a b c i j k t } }
    irq maps { 40: k })";

}  // namespace

bool read_and_ask(const std::string& tree) {
    const std::expected<Machine, std::string> machine = Machine::read(tree);
    if (!machine) {
        if (machine.error().empty()) {
            throw std::runtime_error("refused without a word");
        }
        return false;
    }
    for (const std::string& name : machine->names()) {
        for (const uint32_t index : {0u, 1u, ~0u}) {
            static_cast<void>(machine->registers(name, index));
            static_cast<void>(machine->interrupt(name, index));
        }
        static_cast<void>(machine->has_device(name));
    }
    Compilation compilation({}, std::nullopt);
    if (!compilation.run("spec.cdl", spec)) {
        throw std::runtime_error("a spec is refused that does not depend on the machine");
    }
    check_machine(compilation.model(), *machine, compilation.diagnostics());
    static_cast<void>(compilation.diagnostics().render());
    return true;
}

}  // namespace capdl::test

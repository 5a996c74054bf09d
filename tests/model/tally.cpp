// SPDX-License-Identifier: BSD-2-Clause
// Counting.
#include "tally.hpp"

#include <numeric>
#include <sstream>

#include "abi/grammar.hpp"
#include "abi/names.hpp"
#include "likely.hpp"

namespace selene::model {

using abi::grammar::Method;

namespace {

std::string name_of(const Method& method) {
    return std::string(abi::name_of(method.object)) + "." + std::string(method.name);
}

}  // namespace

unsigned Tally::obeyed(ObjectType type, uint32_t method) const {
    const auto counted = counts_.find({type, method});
    if (counted == counts_.end()) return 0;
    const auto success = counted->second.find(0);
    return success == counted->second.end() ? 0 : success->second;
}

unsigned Tally::refused(ObjectType type, uint32_t method) const {
    const auto counted = counts_.find({type, method});
    if (counted == counts_.end()) return 0;
    const auto sum = [](unsigned total, const auto& code) { return total + code.second; };
    return std::accumulate(counted->second.begin(), counted->second.end(), 0u, sum) - obeyed(type, method);
}

std::string Tally::table() const {
    std::ostringstream out;
    for (const Method& method : abi::grammar::methods) {
        out << name_of(method) << " " << obeyed(method.object, method.number) << " "
            << refused(method.object, method.number);
        if (const auto counted = counts_.find({method.object, method.number}); counted != counts_.end()) {
            for (const auto& [code, count] : counted->second) {
                if (code != 0) out << " " << abi::name_of(static_cast<ErrorCode>(code)) << "=" << count;
            }
        }
        out << "\n";
    }
    return out.str();
}

std::string Tally::missing() const {
    std::string names;
    for (const Method& method : abi::grammar::methods) {
        if (weight_of(method) == 0) continue;
        if (obeyed(method.object, method.number) == 0) names += name_of(method) + " (never obeyed) ";
        if (refused(method.object, method.number) == 0) names += name_of(method) + " (never refused) ";
    }
    return names;
}

}  // namespace selene::model

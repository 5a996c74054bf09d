// SPDX-License-Identifier: BSD-2-Clause
// What capabilities can be used for to pass capabilities on: the inside of AuthorityFlow.
#pragma once

#include "analysis/authority_flow.hpp"

namespace capdl {

template <class Visitor>
void AuthorityFlow::each_use(CapabilityId id, Visitor visit) const {
    constexpr std::string_view makes = "can make new objects, known to whoever shares that memory, from";
    const Capability& capability = model_[id];
    if (capability.object == ObjectId::none) {
        if (capability.authority == Authority::remaining_untyped) {
            visit(Use{Use::Kind::gives, remaining, makes});
            visit(Use{Use::Kind::takes, remaining, "gives new objects to"});
        }
        return;
    }
    const Place other = place(capability.object);
    switch (model_[capability.object].type) {
    case ObjectType::cnode:
        visit(Use{Use::Kind::takes, other, "is a table that can be emptied by"});
        visit(Use{Use::Kind::gives, other, "can put capabilities into"});
        break;
    case ObjectType::ep: each_use_of_endpoint(capability, visit); break;
    case ObjectType::tcb: visit(Use{Use::Kind::gives, other, "can give a table to"}); break;
    case ObjectType::ut:
        visit(Use{Use::Kind::gives, other, makes});
        visit(Use{Use::Kind::takes, other, "gives new objects to"});
        break;
    default: break;
    }
}

template <class Visitor>
void AuthorityFlow::each_use_of_endpoint(const Capability& capability, Visitor visit) const {
    const ObjectId endpoint = capability.object;
    const Rights rights = effective_rights(model_, capability);
    if (rights.has(Rights::write | Rights::transfer)) {
        visit(Use{Use::Kind::gives, place(endpoint), "can send capabilities through"});
    }
    if (rights.has(Rights::read)) {
        visit(Use{Use::Kind::takes, place(endpoint), "delivers capabilities to"});
        visit(Use{Use::Kind::gives, answers(endpoint), "can answer with capabilities to callers of"});
    }
    if (rights.has(Rights::write | Rights::reply)) {
        visit(Use{Use::Kind::takes, answers(endpoint), "delivers capabilities in answers to"});
    }
}

}  // namespace capdl

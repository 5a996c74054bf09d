// SPDX-License-Identifier: BSD-2-Clause
// From syntax to meaning: objects, their names, and what covers them.
#include <algorithm>
#include <fmt/format.h>

#include "model/resolver.hpp"
#include "text/near_miss.hpp"

namespace capdl {

void Resolver::declare_objects() {
    declared_.assign(module_.objects.size(), ObjectId::none);
    declared_count_.assign(module_.objects.size(), 0);
    declare_named();
    declare_paths();
    cover_objects();
    check_cover_depth();
}

// --- Declarations ----------------------------------------------------------------------------------------------

void Resolver::declare_named() {
    for (size_t index = 0; index < module_.objects.size(); ++index) {
        const SyntaxObject& object = module_.objects[index];
        if (object.is_reference) {
            continue;
        }
        const SyntaxName& name = Module::part(module_.names, object.path).back();
        if (const Declaration* known = model_.find(name.name); known != nullptr) {
            declared_[index] = existing_untyped(*known, name, object);
            declared_count_[index] = declared_[index] == ObjectId::none ? 0 : 1;
        } else {
            declared_[index] = declare(name, {.type = object.type, .name = name.name, .span = name.span});
            declared_count_[index] = declared_[index] == ObjectId::none ? 0 : model_.find(name.name)->count;
            if (declared_[index] == ObjectId::none) {
                model_.lose(name.name);
            }
        }
    }
}

ObjectId Resolver::declare(const SyntaxName& name, Object prototype) {
    if (name.ranges.count == 0) {
        if (model_.objects.size() >= Model::object_limit) {
            diagnostics_.error(name.span, fmt::format("more than {} objects", Model::object_limit));
            return ObjectId::none;
        }
        return model_.declare(prototype, Model::Form::single, 1);
    }
    const SyntaxRange& size = module_.ranges[name.ranges.first];
    if (name.ranges.count != 1 || size.kind != SyntaxRange::Kind::one) {
        diagnostics_.error(name.span, "a declaration takes one number between brackets")
            .help(fmt::format("`{}[4]` declares four objects, 0 to 3", model_.text(name.name)));
        return ObjectId::none;
    }
    if (size.first == 0) {
        diagnostics_.error(size.span, "this array has no elements").help("the number between brackets is its size");
        return ObjectId::none;
    }
    if (size.first > Model::object_limit - model_.objects.size()) {
        diagnostics_.error(size.span, fmt::format("more than {} objects", Model::object_limit));
        return ObjectId::none;
    }
    return model_.declare(prototype, Model::Form::array, static_cast<uint32_t>(size.first));
}

// An untyped may be declared again to say more about what it covers, as the standard tool prints it; anything else has one
// declaration.
ObjectId Resolver::existing_untyped(const Declaration& known, const SyntaxName& name, const SyntaxObject& object) {
    if (object.type != ObjectType::ut || model_[known.first].type != ObjectType::ut) {
        diagnostics_.error(name.span, fmt::format("`{}` is declared twice", model_.text(name.name)))
            .note(known.span, "first here");
        return ObjectId::none;
    }
    return single(name);
}

// Untypeds that only occur in a path, as in `a/b = ep`, are declared by it.
void Resolver::declare_paths() {
    for (const SyntaxObject& object : module_.objects) {
        const std::span<const SyntaxName> path = Module::part(module_.names, object.path);
        for (const SyntaxName& name : path.first(path.size() - 1)) {
            if (model_.find(name.name) == nullptr && name.ranges.count == 0) {
                declare(name, {.type = ObjectType::ut, .name = name.name, .span = name.span});
            }
        }
    }
}

// --- What covers what ----------------------------------------------------------------------------------------

void Resolver::cover_objects() {
    for (size_t index = 0; index < module_.objects.size(); ++index) {
        const SyntaxObject& object = module_.objects[index];
        ObjectId above = ObjectId::none;
        bool known = true;
        if (object.parent != no_index) {
            above = declared_[object.parent];
            known = above != ObjectId::none;
            if (declared_count_[object.parent] > 1) {
                diagnostics_.error(object.span, "the untypeds of an array cannot share what they cover")
                    .note(model_[above].span, "declared here");
                known = false;
            }
        }
        const std::span<const SyntaxName> path = Module::part(module_.names, object.path);
        for (const SyntaxName& name : path.first(path.size() - 1)) {
            const ObjectId next = single(name);
            if (next == ObjectId::none) {
                known = false;
                break;
            }
            if (above != ObjectId::none) {
                cover(above, next, name.span);
            }
            above = next;
        }
        if (object.is_reference) {
            for (const ObjectId child : objects_of(path.back())) {
                if (known) {
                    cover(above, child, path.back().span);
                }
            }
            continue;
        }
        const ObjectId first = declared_[index];
        if (first == ObjectId::none) {
            continue;
        }
        const Slice parameters = object_parameters_of(object);
        for (uint32_t element = 0; element < declared_count_[index]; ++element) {
            const auto id = static_cast<ObjectId>(index_of(first) + element);
            if (parameters.count != 0) {
                set_parameters(id, parameters, object);
            }
            if (above != ObjectId::none && known) {
                cover(above, id, path.back().span);
            }
        }
    }
}

// Those of the first declaration; where there is another one, it says the same.
void Resolver::set_parameters(ObjectId id, Slice parameters, const SyntaxObject& object) {
    Object& declared = model_[id];
    const Span first = declared.span;
    if (first == Module::part(module_.names, object.path).back().span) {
        declared.parameters = parameters;
        return;
    }
    const auto value = [](const ObjectParameter& parameter) { return std::pair(parameter.parameter, parameter.value); };
    const auto known = Module::part(model_.parameters, declared.parameters);
    const auto said = Module::part(model_.parameters, parameters);
    if (!std::ranges::is_permutation(said, known, {}, value, value)) {
        diagnostics_
            .error(object.span,
                   fmt::format("`{}` has been declared already, so its parameters are fixed", model_.name_of(id)))
            .note(first, "first here");
    }
}

void Resolver::cover(ObjectId untyped, ObjectId child, Span where) {
    if (model_[untyped].type != ObjectType::ut) {
        diagnostics_
            .error(where, fmt::format("`{}` is {} and covers nothing", model_.name_of(untyped),
                                      describe(model_[untyped].type)))
            .note(model_[untyped].span, "declared here");
        return;
    }
    const ObjectId earlier = model_[child].untyped;
    if (earlier == untyped) {
        return;
    }
    if (earlier != ObjectId::none) {
        diagnostics_
            .error(where, fmt::format("`{}` lies in two untypeds, `{}` and `{}`", model_.name_of(child),
                                      model_.name_of(earlier), model_.name_of(untyped)))
            .note(model_[earlier].span, "one is declared here")
            .note(model_[untyped].span, "the other here");
        return;
    }
    model_.cover(untyped, child);
}

// Depth by memory of what is known already, so that the work is linear; 0 means not known yet.
void Resolver::check_cover_depth() {
    std::vector<uint16_t> depth(model_.objects.size(), 0);
    std::vector<ObjectId> chain;
    for (uint32_t start = 0; start < model_.objects.size(); ++start) {
        chain.clear();
        ObjectId at = static_cast<ObjectId>(start);
        while (at != ObjectId::none && depth[index_of(at)] == 0 && chain.size() <= Model::untyped_depth_limit) {
            chain.push_back(at);
            at = model_[at].untyped;
        }
        unsigned below = at == ObjectId::none ? 0 : depth[index_of(at)];
        for (auto link = chain.rbegin(); link != chain.rend(); ++link) {
            depth[index_of(*link)] = static_cast<uint16_t>(std::min(++below, Model::untyped_depth_limit + 1));
        }
        if (below > Model::untyped_depth_limit || chain.size() > Model::untyped_depth_limit) {
            diagnostics_.error(model_[static_cast<ObjectId>(start)].span,
                               fmt::format("`{}` lies below itself or more than {} untypeds deep",
                                           model_.name_of(static_cast<ObjectId>(start)), Model::untyped_depth_limit));
            return;
        }
    }
}

// --- References ------------------------------------------------------------------------------------------------

void Resolver::report_unknown(const SyntaxName& reference) {
    if (model_.is_lost(model_.text(reference.name))) {
        return;
    }
    const std::string_view text = model_.text(reference.name);
    NearMiss meant(text);
    std::string_view of_component;  // which calls its own object so
    const bool has_hint = suggestions_left_ != 0;
    if (has_hint) {
        --suggestions_left_;
        for (const Name name : model_.declared_names()) {
            const std::string_view known = model_.text(name);
            meant.offer(known);
            if (known.ends_with(text) && known.size() > text.size() && known[known.size() - text.size() - 1] == '.') {
                of_component = known;
            }
        }
    }
    Diagnostic& error = diagnostics_.error(reference.span, fmt::format("there is no object `{}`", text));
    if (has_hint && model_.find(model_.names().find(fmt::format("{}.tcb", text))) != nullptr) {
        error.help(fmt::format("a component is not an object; its parts are: `{}.tcb`, `{}.cnode` ...", text, text));
    } else if (find_object_type(text)) {
        error.help("this is a type; `NAME = TYPE` declares an object");
    } else {
        error.suggest(of_component.empty() ? meant.best() : of_component);
    }
}

std::vector<ObjectId> Resolver::objects_of(const SyntaxName& reference) {
    const Declaration* known = model_.find(reference.name);
    if (known == nullptr) {
        report_unknown(reference);
        return {};
    }
    const std::string_view text = model_.text(reference.name);
    if (reference.ranges.count == 0) {
        if (known->is_array) {
            diagnostics_.error(reference.span, fmt::format("`{}` is an array of {}", text, known->count))
                .help(fmt::format("`{}[0]` is the first, `{}[]` are all", text, text))
                .note(known->span, "declared here");
            return {};
        }
        return {known->first};
    }
    if (!known->is_array) {
        diagnostics_.error(reference.span, fmt::format("`{}` is one object, not an array", text))
            .note(known->span, "declared here");
        return {};
    }
    std::vector<ObjectId> result;
    for (const SyntaxRange& range : Module::part(module_.ranges, reference.ranges)) {
        append_range(range, *known, reference, result);
    }
    return result;
}

void Resolver::append_range(const SyntaxRange& range, const Declaration& known, const SyntaxName& reference,
                            std::vector<ObjectId>& result) {
    uint64_t first = range.first;
    uint64_t last = range.last;
    if (range.kind == SyntaxRange::Kind::all || range.kind == SyntaxRange::Kind::from) {
        last = known.count - 1;
    }
    const uint64_t largest = range.kind == SyntaxRange::Kind::from ? first : std::max(first, last);
    if (largest >= known.count) {
        diagnostics_
            .error(range.span, known.count == 1
                                   ? fmt::format("the only element of `{}` is 0", model_.text(reference.name))
                                   : fmt::format("`{}` has {} elements, 0 to {}", model_.text(reference.name),
                                                 known.count, known.count - 1))
            .note(known.span, "declared here");
        return;
    }
    const uint64_t count = (first <= last ? last - first : first - last) + 1;
    if (count > references_left_) {
        if (references_left_ != 0) {
            diagnostics_.error(reference.span, fmt::format("all references together name more than {} objects",
                                                           Model::reference_limit));
        }
        references_left_ = 0;
        return;
    }
    references_left_ -= count;
    for (uint64_t step = 0; step < count; ++step) {
        const uint64_t element = first <= last ? first + step : first - step;
        result.push_back(static_cast<ObjectId>(index_of(known.first) + element));
    }
}

// The one object that a reference names.
ObjectId Resolver::single(const SyntaxName& reference) {
    const std::vector<ObjectId> found = objects_of(reference);
    if (found.size() > 1) {
        diagnostics_.error(reference.span, fmt::format("one object is expected here, this names {}", found.size()));
        return ObjectId::none;
    }
    return found.empty() ? ObjectId::none : found.front();
}

// --- Parameters ------------------------------------------------------------------------------------------------

Slice Resolver::object_parameters_of(const SyntaxObject& object) {
    const auto first = static_cast<uint32_t>(model_.parameters.size());
    for (const SyntaxParameter& parameter : Module::part(module_.parameters, object.parameters)) {
        const auto rule = std::ranges::find(object_parameters(), parameter.parameter, &ParameterRule::parameter);
        if (!rule->objects.contains(object.type)) {
            Diagnostic& error = diagnostics_.error(
                parameter.span, fmt::format("`{}` is not a parameter of {}", rule->word, describe(object.type)));
            if (object.type == ObjectType::irq && rule->objects.contains(ObjectType::arm_irq)) {
                error.help("an `arm_irq` takes it");
            }
            continue;
        }
        ObjectParameter result{.parameter = parameter.parameter,
                               .value = parameter.value,
                               .second = parameter.second,
                               .third = parameter.third,
                               .text = parameter.text,
                               .list = parameter.list,
                               .span = parameter.span};
        if (rule->shape == ValueShape::numbers) {
            result.list.first = static_cast<uint32_t>(model_.numbers.size());
            const auto numbers = Module::part(module_.numbers, parameter.list);
            model_.numbers.insert(model_.numbers.end(), numbers.begin(), numbers.end());
        } else if (rule->shape == ValueShape::fills) {
            result.list.first = static_cast<uint32_t>(model_.fills.size());
            for (const SyntaxFill& fill : Module::part(module_.fills, parameter.list)) {
                const ObjectId frame = fill.frame.name == Name::none ? ObjectId::none : single(fill.frame);
                model_.fills.push_back(
                    {fill.source, fill.offset, fill.length, fill.source_offset, fill.text, frame, fill.span});
            }
        }
        model_.parameters.push_back(result);
    }
    return {first, static_cast<uint32_t>(model_.parameters.size()) - first};
}

}  // namespace capdl

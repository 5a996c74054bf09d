// SPDX-License-Identifier: BSD-2-Clause
// Names, and who sees them.
#include "name_views.hpp"

#include <iterator>

namespace name_service {

namespace {

constexpr sel::abi::RightsMask all_rights(sel::abi::all_rights);

bool is_plain(std::string_view name) { return !name.empty() && name.find('/') == name.npos; }

}  // namespace

sel::Result<NameViews::View*> NameViews::view_of(uint64_t badge) {
    const auto found = views_.find(badge);
    if (found == views_.end()) return sel::refused({Refusal::no_view, badge});
    return &found->second;
}

sel::Result<NameViews::View*> NameViews::opened_by(uint64_t badge, uint64_t view) {
    const auto found = views_.find(view);
    if (found == views_.end() || view < first_opened || found->second.opener != badge) {
        return sel::refused({Refusal::not_yours, view});
    }
    return &found->second;
}

sel::Result<sel::CapIndex> NameViews::derive(sel::CapIndex source, sel::abi::RightsMask rights, uint64_t badge) {
    SEL_TRY(slot, means_.slots.allocate());
    const auto derived = means_.table.map({.first = slot.raw(),
                                           .source = means_.table,
                                           .source_first = source.raw(),
                                           .count = 1,
                                           .rights = rights,
                                           .badge = badge});
    if (derived) return slot;
    (void)means_.slots.release(slot);
    return sel::refused(derived.error());
}

void NameViews::remove(sel::CapIndex slot) {
    (void)means_.table.unmap({.first = slot.raw(), .count = 1, .root = sel::abi::KeepRoot::self});
    (void)means_.slots.release(slot);
}

/// Whether a capability is still there: who has published it may have ended, or taken it back.
bool NameViews::is_there(sel::CapIndex slot) {
    const auto child = means_.table.map({.first = means_.passage.raw(),
                                         .source = means_.table,
                                         .source_first = slot.raw(),
                                         .count = 1,
                                         .rights = {},
                                         .badge = 0});
    if (child) {
        (void)means_.table.unmap({.first = means_.passage.raw(), .count = 1, .root = sel::abi::KeepRoot::self});
    }
    return child || !child.error().is(sel::abi::ErrorCode::empty_slot);
}

// --- Room -----------------------------------------------------------------------------------------------------------

sel::Result<void> NameViews::take(uint64_t badge, Room View::* room, size_t count) {
    SEL_TRY(view, view_of(badge));
    Room& taken = view->*room;
    if (taken.left() < count) return sel::refused({Refusal::too_many, taken.most});
    taken.used += count;
    return {};
}

/// A view that has been closed has given back all.
void NameViews::give_back(uint64_t badge, Room View::* room, size_t count) {
    if (const auto view = view_of(badge)) ((*view)->*room).used -= count;
}

/// Names whose capability is gone are looked for only when there would be no room otherwise.
sel::Result<void> NameViews::take_names(uint64_t badge, size_t count) {
    const auto taken = take(badge, &View::names_room, count);
    if (taken || !taken.error().is(Refusal::too_many)) return taken;
    drop_some_dead();
    return take(badge, &View::names_room, count);
}

/// Forgets a name, and gives its slot and room back, whether its capability is still there or not. Returns the next one.
NameViews::Names::iterator NameViews::drop(View& view, Names::iterator name) {
    remove(name->second.slot);
    give_back(name->second.origin, &View::names_room, 1);
    return view.names.erase(name);
}

/// Goes on where the last look has ended: in the end it comes to all.
void NameViews::drop_some_dead() {
    constexpr size_t most_looks = 64;
    auto view = views_.lower_bound(looked_at_.first);
    if (view == views_.end()) view = views_.begin();
    auto name = view->first == looked_at_.first ? view->second.names.upper_bound(looked_at_.second)
                                                : view->second.names.begin();
    for (size_t look = 0; look != most_looks; ++look) {
        if (name == view->second.names.end()) {
            if (++view == views_.end()) view = views_.begin();
            name = view->second.names.begin();
            continue;
        }
        looked_at_ = {view->first, name->first};
        name = is_there(name->second.slot) ? std::next(name) : drop(view->second, name);
    }
}

// --- Names ----------------------------------------------------------------------------------------------------------

sel::Result<sel::CapIndex> NameViews::find(uint64_t badge, std::string_view name) {
    SEL_TRY(view, view_of(badge));
    const auto found = view->names.find(name);
    if (found == view->names.end()) return sel::refused({Refusal::not_found});
    if (is_there(found->second.slot)) return found->second.slot;
    (void)drop(*view, found);
    return sel::refused({Refusal::not_found});
}

sel::Result<void> NameViews::check_new(View& view, std::string_view name) {
    if (name.size() > longest_name) return sel::refused({Refusal::bad_name});
    const auto found = view.names.find(name);
    if (found == view.names.end()) return {};
    if (is_there(found->second.slot)) return sel::refused({Refusal::taken});
    (void)drop(view, found);
    return {};
}

sel::Result<void> NameViews::publish(uint64_t badge, std::string_view name, sel::CapIndex slot) {
    std::vector<Place> places;
    auto done = find_places(badge, name, places);
    if (done) done = take_names(badge, places.size());
    if (!done) {
        remove(slot);
        return done;
    }
    places.front().slot = slot;
    for (size_t number = 1; number < places.size() && done; ++number) {
        const auto child = derive(slot, all_rights, 0);
        if (child) places[number].slot = *child;
        if (!child) done = sel::refused(child.error());
    }
    if (!done) {
        // What has been derived goes with its parent.
        remove(slot);
        give_back(badge, &View::names_room, places.size());
        for (size_t number = 1; number < places.size(); ++number) {
            if (!places[number].slot.is_none()) (void)means_.slots.release(places[number].slot);
        }
        return done;
    }
    for (Place& place : places) place.view->names.emplace(std::move(place.name), Entry{place.slot, badge});
    return {};
}

/// Under which name in which view, from the caller's own upwards.
sel::Result<void> NameViews::find_places(uint64_t badge, std::string_view name, std::vector<Place>& places) {
    if (!is_plain(name)) return sel::refused({Refusal::bad_name});
    SEL_TRY_VOID(view_of(badge));
    std::string path(name);
    for (auto at = views_.find(badge); at != views_.end(); at = views_.find(at->second.opener)) {
        SEL_TRY_VOID(check_new(at->second, path));
        places.push_back({&at->second, path, {}});
        path = at->second.name + "/" + path;
    }
    return {};
}

sel::Result<void> NameViews::withdraw(uint64_t badge, std::string_view name) {
    SEL_TRY(view, view_of(badge));
    if (!view->names.contains(name)) return sel::refused({Refusal::not_found});
    std::string path(name);
    for (auto at = views_.find(badge); at != views_.end(); at = views_.find(at->second.opener)) {
        View& seen_in = at->second;
        if (const auto found = seen_in.names.find(path); found != seen_in.names.end()) (void)drop(seen_in, found);
        path = seen_in.name + "/" + path;
    }
    return {};
}

sel::Result<std::string_view> NameViews::name_at(uint64_t badge, uint64_t number) {
    SEL_TRY(view, view_of(badge));
    auto& names = view->names;
    if (number >= names.size()) return sel::refused({Refusal::not_found});
    auto found = std::next(names.begin(), static_cast<ptrdiff_t>(number));
    while (found != names.end() && !is_there(found->second.slot)) found = drop(*view, found);
    if (found == names.end()) return sel::refused({Refusal::not_found});
    return std::string_view(found->first);
}

// --- Views ----------------------------------------------------------------------------------------------------------

sel::Result<NameViews::Opened> NameViews::open(uint64_t badge, std::string_view name) {
    if (!is_plain(name)) return sel::refused({Refusal::bad_name});
    SEL_TRY(opener, view_of(badge));
    for (const auto& [number, view] : views_) {
        if (view.opener == badge && view.name == name) return sel::refused({Refusal::taken});
    }
    SEL_TRY_VOID(take_names(badge, 1));
    const auto rights =
        sel::abi::RightsMask(sel::abi::Right::write) | sel::abi::Right::reply | sel::abi::Right::transfer;
    const auto endpoint = derive(means_.requests.index(), rights, next_view_);
    if (!endpoint) {
        give_back(badge, &View::names_room, 1);
        return sel::refused(endpoint.error());
    }
    const auto half = [](Room& room) {
        const size_t given = (room.left() + 1) / 2;
        room.used += given;
        return Room{given};
    };
    views_.emplace(next_view_, View{.opener = badge,
                                    .name = std::string(name),
                                    .endpoint = *endpoint,
                                    .names_room = half(opener->names_room),
                                    .places = half(opener->places)});
    return Opened{next_view_++, *endpoint};
}

sel::Result<void> NameViews::show(uint64_t badge, uint64_t view, std::string_view name, std::string_view as,
                                  sel::abi::RightsMask rights) {
    if (!is_plain(as)) return sel::refused({Refusal::bad_name});
    SEL_TRY(shown, opened_by(badge, view));
    SEL_TRY(source, find(badge, name));
    SEL_TRY_VOID(check_new(*shown, as));
    SEL_TRY_VOID(take_names(view, 1));
    const auto child = derive(source, rights, 0);
    if (!child) {
        give_back(view, &View::names_room, 1);
        return sel::refused(child.error());
    }
    shown->names.emplace(as, Entry{*child, view});
    return {};
}

sel::Result<void> NameViews::hide(uint64_t badge, uint64_t view, std::string_view as) {
    SEL_TRY_VOID(opened_by(badge, view));
    return withdraw(view, as);
}

sel::Result<void> NameViews::close(uint64_t badge, uint64_t view) {
    SEL_TRY_VOID(opened_by(badge, view));
    end(view);
    return {};
}

void NameViews::undo(uint64_t view) {
    if (view >= first_opened && views_.contains(view)) end(view);
}

/// The newest first: a view is newer than its opener's.
void NameViews::end(uint64_t view) {
    std::set<uint64_t> doomed{view};
    for (auto next = views_.upper_bound(view); next != views_.end(); ++next) {
        if (doomed.contains(next->second.opener)) doomed.insert(next->first);
    }
    for (const uint64_t badge : doomed) {
        View& one = views_.at(badge);
        for (auto name = one.names.begin(); name != one.names.end();) name = drop(one, name);
    }
    // What was published in one of them is seen from above.
    const View& top = views_.at(view);
    std::string path = top.name + "/";
    for (auto at = views_.find(top.opener); at != views_.end(); at = views_.find(at->second.opener)) {
        Names& names = at->second.names;
        auto name = names.lower_bound(path);
        while (name != names.end() && name->first.starts_with(path)) name = drop(at->second, name);
        path = at->second.name + "/" + path;
    }
    give_back(top.opener, &View::names_room, top.names_room.most + 1);
    give_back(top.opener, &View::places, top.places.most);
    for (auto next = doomed.rbegin(); next != doomed.rend(); ++next) {
        remove(views_.at(*next).endpoint);
        views_.erase(*next);
    }
}

}  // namespace name_service

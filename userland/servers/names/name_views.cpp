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

sel::Result<void> NameViews::check_room(uint64_t badge, size_t count) {
    for (auto at = views_.find(badge); at != views_.end(); at = views_.find(at->second.opener)) {
        if (at->second.room - at->second.used < count) return sel::refused({Refusal::too_many, at->second.room});
    }
    return {};
}

/// Names whose capability is gone are looked for only when there would be no room otherwise.
sel::Result<void> NameViews::take_room(uint64_t badge, size_t count) {
    if (!check_room(badge, count)) {
        drop_dead();
        SEL_TRY_VOID(check_room(badge, count));
    }
    for (auto at = views_.find(badge); at != views_.end(); at = views_.find(at->second.opener))
        at->second.used += count;
    return {};
}

void NameViews::give_room(uint64_t badge, size_t count) {
    for (auto at = views_.find(badge); at != views_.end(); at = views_.find(at->second.opener))
        at->second.used -= count;
}

sel::Result<sel::CapIndex> NameViews::find(uint64_t badge, std::string_view name) {
    SEL_TRY(view, view_of(badge));
    const auto found = view->names.find(name);
    if (found == view->names.end()) return sel::refused({Refusal::not_found});
    if (is_there(found->second.slot)) return found->second.slot;
    drop_dead();
    return sel::refused({Refusal::not_found});
}

/// Removes all names whose capability is gone.
void NameViews::drop_dead() {
    for (auto& [badge, view] : views_) {
        std::erase_if(view.names, [&](const auto& entry) {
            if (is_there(entry.second.slot)) return false;
            (void)means_.slots.release(entry.second.slot);
            give_room(entry.second.origin, 1);
            return true;
        });
    }
}

sel::Result<void> NameViews::check_new(const View& view, std::string_view name) {
    if (name.size() > longest_name) return sel::refused({Refusal::bad_name});
    const auto found = view.names.find(name);
    if (found == view.names.end()) return {};
    if (is_there(found->second.slot)) return sel::refused({Refusal::taken});
    drop_dead();
    return {};
}

sel::Result<void> NameViews::publish(uint64_t badge, std::string_view name, sel::CapIndex slot) {
    std::vector<Place> places;
    auto done = find_places(badge, name, places);
    if (done) done = take_room(badge, places.size());
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
        give_room(badge, places.size());
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
    const auto found = view->names.find(name);
    if (found == view->names.end()) return sel::refused({Refusal::not_found});
    remove(found->second.slot);
    give_room(found->second.origin, 1);
    view->names.erase(found);
    drop_dead();
    return {};
}

sel::Result<std::string_view> NameViews::name_at(uint64_t badge, uint64_t number) const {
    const auto view = views_.find(badge);
    if (view == views_.end()) return sel::refused({Refusal::no_view, badge});
    const auto& names = view->second.names;
    if (number >= names.size()) return sel::refused({Refusal::not_found});
    return std::string_view(std::next(names.begin(), static_cast<ptrdiff_t>(number))->first);
}

sel::Result<NameViews::Opened> NameViews::open(uint64_t badge, std::string_view name) {
    if (!is_plain(name)) return sel::refused({Refusal::bad_name});
    SEL_TRY(opener, view_of(badge));
    for (const auto& [number, view] : views_) {
        if (view.opener == badge && view.name == name) return sel::refused({Refusal::taken});
    }
    SEL_TRY_VOID(take_room(badge, 1));
    const auto rights =
        sel::abi::RightsMask(sel::abi::Right::write) | sel::abi::Right::reply | sel::abi::Right::transfer;
    const auto endpoint = derive(means_.requests.index(), rights, next_view_);
    if (!endpoint) {
        give_room(badge, 1);
        return sel::refused(endpoint.error());
    }
    views_.emplace(next_view_,
                   View{.opener = badge, .name = std::string(name), .endpoint = *endpoint, .room = opener->room / 2});
    return Opened{next_view_++, *endpoint};
}

sel::Result<void> NameViews::show(uint64_t badge, uint64_t view, std::string_view name, std::string_view as,
                                  sel::abi::RightsMask rights) {
    if (!is_plain(as)) return sel::refused({Refusal::bad_name});
    SEL_TRY(shown, opened_by(badge, view));
    SEL_TRY(source, find(badge, name));
    SEL_TRY_VOID(check_new(*shown, as));
    SEL_TRY_VOID(take_room(view, 1));
    const auto child = derive(source, rights, 0);
    if (!child) {
        give_room(view, 1);
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
    // What was published in one of them, and is seen from above, goes with the name there.
    for (const uint64_t badge : doomed) {
        for (const auto& [name, entry] : views_.at(badge).names) {
            (void)means_.table.unmap({.first = entry.slot.raw(), .count = 1, .root = sel::abi::KeepRoot::self});
        }
    }
    drop_dead();
    for (auto next = doomed.rbegin(); next != doomed.rend(); ++next) {
        remove(views_.at(*next).endpoint);
        give_room(views_.at(*next).opener, 1);
        views_.erase(*next);
    }
}

}  // namespace name_service

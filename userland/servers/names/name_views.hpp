// SPDX-License-Identifier: BSD-2-Clause
// The views of a name service.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sel/objects.hpp>
#include <sel/slot_allocator.hpp>

#include "name_protocol.hpp"

namespace name_service {

/// A tree of views. What a name stands for is a capability in a slot of the service's own table: for what was published, the
/// one that came; for what is shown, a child of the one in the view above. So the kernel's derivation tree is the tree of
/// who has let whom see what, and hiding, withdrawing and closing are unmaps.
///
/// Names and views take room, and who waits for a name takes a place, of which there is only so much. A view is opened with
/// half of what its opener has left, which is its own from then on. A name is counted in the view that it was published in, or
/// shown in, as often as it is seen from above. So nobody can use up what others have, however many views it opens.
///
/// A name whose capability is gone is as good as none: it is forgotten when it is met, or when room is needed, a few at a time,
/// so that no request takes long because others have left many behind.
class NameViews {
public:
    /// Badges from here on are of views that clients have opened. None is used twice.
    static constexpr uint64_t first_opened = uint64_t{1} << 32;

    struct Means {
        sel::CapTable table;        ///< the service's own
        sel::SlotAllocator& slots;  ///< of that
        sel::Endpoint requests;     ///< where the service is called, without a badge
        size_t room;                ///< names and views that there may be; each takes a slot and about 250 bytes
        size_t places;              ///< who may wait for names at a time
        sel::CapIndex passage;      ///< an empty slot, to look at others with
    };

    struct Opened {
        uint64_t view;
        sel::CapIndex endpoint;
    };

    /// `root` is the badge of the client that sees everything.
    NameViews(const Means& means, uint64_t root) : means_(means) {
        views_.emplace(root, View{.names_room = {means.room}, .places = {means.places}});
    }

    /// As the protocol says; `badge` is the caller's. What is published lies in `slot`, which is the views' from now on.
    [[nodiscard]] sel::Result<sel::CapIndex> find(uint64_t badge, std::string_view name);
    sel::Result<void> publish(uint64_t badge, std::string_view name, sel::CapIndex slot);
    sel::Result<void> withdraw(uint64_t badge, std::string_view name);
    [[nodiscard]] sel::Result<std::string_view> name_at(uint64_t badge, uint64_t number);
    [[nodiscard]] sel::Result<Opened> open(uint64_t badge, std::string_view name);
    sel::Result<void> show(uint64_t badge, uint64_t view, std::string_view name, std::string_view as,
                           sel::abi::RightsMask rights);
    sel::Result<void> hide(uint64_t badge, uint64_t view, std::string_view as);
    sel::Result<void> close(uint64_t badge, uint64_t view);

    [[nodiscard]] bool has(uint64_t badge) const { return views_.contains(badge); }

    /// Somebody begins to wait in a view, or has waited. Errors: too_many with the number of places.
    sel::Result<void> begin_waiting(uint64_t badge) { return take(badge, &View::places, 1); }
    void end_waiting(uint64_t badge) { give_back(badge, &View::places, 1); }

    /// A view has not reached its opener: as if it had never been.
    void undo(uint64_t view);

private:
    struct Entry {
        sel::CapIndex slot;
        uint64_t origin;  ///< the view that it is counted in
    };

    using Names = std::map<std::string, Entry, std::less<>>;

    struct Room {
        size_t most = 0;
        size_t used = 0;  ///< what has gone to views that were opened counts as used

        [[nodiscard]] size_t left() const { return most - used; }
    };

    struct View {
        uint64_t opener = 0;
        std::string name{};
        sel::CapIndex endpoint{};
        Names names{};
        Room names_room{};
        Room places{};
    };

    struct Place {
        View* view;
        std::string name;
        sel::CapIndex slot;
    };

    sel::Result<void> find_places(uint64_t badge, std::string_view name, std::vector<Place>& places);
    [[nodiscard]] sel::Result<View*> view_of(uint64_t badge);
    [[nodiscard]] sel::Result<View*> opened_by(uint64_t badge, uint64_t view);
    [[nodiscard]] sel::Result<sel::CapIndex> derive(sel::CapIndex source, sel::abi::RightsMask rights, uint64_t badge);
    [[nodiscard]] bool is_there(sel::CapIndex slot);
    [[nodiscard]] sel::Result<void> check_new(View& view, std::string_view name);
    /// Counts what is new in a view. Errors: too_many with what there is.
    [[nodiscard]] sel::Result<void> take(uint64_t badge, Room View::* room, size_t count);
    void give_back(uint64_t badge, Room View::* room, size_t count);
    [[nodiscard]] sel::Result<void> take_names(uint64_t badge, size_t count);
    void remove(sel::CapIndex slot);
    Names::iterator drop(View& view, Names::iterator name);
    void drop_some_dead();
    void end(uint64_t view);

    Means means_;
    std::map<uint64_t, View> views_;
    std::pair<uint64_t, std::string> looked_at_{};  ///< view and name: how far the look for dead ones has come
    uint64_t next_view_ = first_opened;
};

}  // namespace name_service

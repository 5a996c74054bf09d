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
/// Names and views take room, of which there is only so much: a view and all that are opened below it have half of what its
/// opener has. A name is counted in the view that it was published in, or shown in, as often as it is seen from above. So
/// nobody can use up what others need, however long a chain of views it opens.
class NameViews {
public:
    /// Badges from here on are of views that clients have opened. None is used twice.
    static constexpr uint64_t first_opened = uint64_t{1} << 32;

    struct Means {
        sel::CapTable table;        ///< the service's own
        sel::SlotAllocator& slots;  ///< of that
        sel::Endpoint requests;     ///< where the service is called, without a badge
        size_t room;                ///< names and views that there may be; each takes a slot and about 250 bytes
        sel::CapIndex passage;      ///< an empty slot, to look at others with
    };

    struct Opened {
        uint64_t view;
        sel::CapIndex endpoint;
    };

    /// `root` is the badge of the client that sees everything.
    NameViews(const Means& means, uint64_t root) : means_(means) { views_.emplace(root, View{.room = means.room}); }

    /// As the protocol says; `badge` is the caller's. What is published lies in `slot`, which is the views' from now on.
    [[nodiscard]] sel::Result<sel::CapIndex> find(uint64_t badge, std::string_view name);
    sel::Result<void> publish(uint64_t badge, std::string_view name, sel::CapIndex slot);
    sel::Result<void> withdraw(uint64_t badge, std::string_view name);
    [[nodiscard]] sel::Result<std::string_view> name_at(uint64_t badge, uint64_t number) const;
    [[nodiscard]] sel::Result<Opened> open(uint64_t badge, std::string_view name);
    sel::Result<void> show(uint64_t badge, uint64_t view, std::string_view name, std::string_view as,
                           sel::abi::RightsMask rights);
    sel::Result<void> hide(uint64_t badge, uint64_t view, std::string_view as);
    sel::Result<void> close(uint64_t badge, uint64_t view);

    [[nodiscard]] bool has(uint64_t badge) const { return views_.contains(badge); }

    /// A view has not reached its opener: as if it had never been.
    void undo(uint64_t view);

private:
    struct Entry {
        sel::CapIndex slot;
        uint64_t origin;  ///< the view that it is counted in
    };

    struct View {
        uint64_t opener = 0;
        std::string name{};
        sel::CapIndex endpoint{};
        std::map<std::string, Entry, std::less<>> names{};
        size_t room = 0;  ///< for it and all below it
        size_t used = 0;
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
    [[nodiscard]] sel::Result<void> check_new(const View& view, std::string_view name);
    /// Errors: too_many with the room of the view that has none left.
    [[nodiscard]] sel::Result<void> check_room(uint64_t badge, size_t count);
    /// Counts what is new in a view and in all above it. Errors: those of check_room().
    [[nodiscard]] sel::Result<void> take_room(uint64_t badge, size_t count);
    void give_room(uint64_t badge, size_t count);
    void remove(sel::CapIndex slot);
    void drop_dead();
    void end(uint64_t view);

    Means means_;
    std::map<uint64_t, View> views_;
    uint64_t next_view_ = first_opened;
};

}  // namespace name_service

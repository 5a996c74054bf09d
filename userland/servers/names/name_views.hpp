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
class NameViews {
public:
    /// Badges from here on are of views that clients have opened. None is used twice.
    static constexpr uint64_t first_opened = uint64_t{1} << 32;
    static constexpr size_t most_names = 64;
    static constexpr size_t most_views = 64;

    struct Means {
        sel::CapTable table;        ///< the service's own
        sel::SlotAllocator& slots;  ///< of that
        sel::Endpoint requests;     ///< where the service is called, without a badge
    };

    struct Opened {
        uint64_t view;
        sel::CapIndex endpoint;
    };

    /// `root` is the badge of the client that sees everything.
    NameViews(const Means& means, uint64_t root) : means_(means) { views_.emplace(root, View{}); }

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
    struct View {
        uint64_t opener = 0;
        std::string name{};
        sel::CapIndex endpoint{};
        std::map<std::string, sel::CapIndex, std::less<>> names{};
        size_t opened = 0;
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
    void remove(sel::CapIndex slot);
    void drop_dead();
    void end(uint64_t view);

    Means means_;
    std::map<uint64_t, View> views_;
    uint64_t next_view_ = first_opened;
};

}  // namespace name_service

// SPDX-License-Identifier: BSD-2-Clause
// Drawing deeds and printing them.
#include "deed.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "cast.hpp"

namespace selene::ipc_model {

namespace {

using Kind = Deed::Kind;

struct Named {
    const char* name;
    unsigned weight;      ///< how often it is drawn
    unsigned by_a_ruler;  ///< the same by thread 0
};

/// In the order of the enumeration.
constexpr std::array<Named, Deed::kinds> names{{{"call", 60, 0},
                                                {"send", 20, 0},
                                                {"try_send", 10, 40},
                                                {"receive", 30, 0},
                                                {"try_receive", 8, 40},
                                                {"reply_receive", 60, 0},
                                                {"answer", 20, 60},
                                                {"signal", 20, 60},
                                                {"wait", 8, 60},
                                                {"poll", 6, 3},
                                                {"yield", 12, 60},
                                                {"fault", 12, 0},
                                                {"suspend", 1, 3},
                                                {"resume", 6, 30},
                                                {"set_priority", 5, 6},
                                                {"bind_context", 8, 40},
                                                {"unbind_context", 1, 20},
                                                {"configure", 4, 20},
                                                {"consumed", 3, 4},
                                                {"yield_to", 8, 8},
                                                {"bind_notification", 3, 4},
                                                {"unbind_notification", 1, 2},
                                                {"cancel_sends", 2, 4},
                                                {"look_after", 4, 8},
                                                {"look_away", 1, 3},
                                                {"thread", 1, 20},
                                                {"endpoint", 1, 2},
                                                {"reply", 2, 4},
                                                {"notification", 1, 2},
                                                {"context", 1, 2},
                                                {"pass", 50, 25},
                                                {"pass_late", 0, 0},
                                                {"interrupt", 6, 10},
                                                {"acknowledge", 4, 12}}};

constexpr uint64_t lowest = 250;
constexpr uint64_t levels = 3;
constexpr uint64_t minimum = 100;
constexpr unsigned late_weight = 6;

class Draw {
public:
    Draw(std::mt19937_64& random, const Cast& cast) : random_(random), cast_(cast) {}

    Deed run() {
        for (;;) {
            Deed deed{.kind = kind()};
            fill(deed);
            if (cast_.is_possible(deed) && makes_sense(deed)) return deed;
        }
    }

private:
    uint64_t below(uint64_t end) { return random_() % end; }
    bool one_in(uint64_t n) { return below(n) == 0; }
    unsigned number(uint64_t end) { return static_cast<unsigned>(below(end)); }

    [[nodiscard]] unsigned weight(size_t kind) const {
        if (static_cast<Kind>(kind) == Kind::pass_late) return cast_.ways == Ways::general ? late_weight : 0;
        const bool first = cast_.society.current == cast_.threads.data();
        return first ? names[kind].by_a_ruler : names[kind].weight;
    }
    Kind kind() {
        unsigned sum = 0;
        for (size_t i = 0; i < names.size(); ++i) sum += weight(i);
        uint64_t choice = below(sum);
        for (size_t i = 0;; ++i) {
            if (choice < weight(i)) return static_cast<Kind>(i);
            choice -= weight(i);
        }
    }

    uint64_t ticks() {
        constexpr uint64_t few = 60;
        constexpr uint64_t many = 1500;
        if (one_in(3)) return 1 + below(few);
        // Right to what the timer waits for, or one off it.
        const uint64_t left = cast_.society.deadline - cast_.society.now;
        if (one_in(3) && left > 1 && left < 4 * many) return left - 1 + below(3);
        return 1 + below(many);
    }

    void fill(Deed& deed) {
        deed.door = number(Cast::doors);
        switch (deed.kind) {
        case Kind::call:
        case Kind::send:
        case Kind::try_send:
        case Kind::answer: say(deed); break;
        case Kind::receive:
        case Kind::try_receive:
        case Kind::reply_receive:
            say(deed);
            deed.with = one_in(6) ? Cast::no_reply : number(cast_.replies.size());
            prefer_own_reply(deed);
            break;
        case Kind::fault:
            deed.what = 1 + number(3);
            deed.x = below(1 << 20);
            deed.y = below(3);
            break;
        case Kind::pass:
        case Kind::pass_late: deed.x = ticks(); break;
        default: fill_method(deed); break;
        }
    }
    void say(Deed& deed) {
        constexpr unsigned most = 120;
        deed.what = number(deed.kind == Kind::answer ? cast_.replies.size() : cast_.endpoints.size());
        deed.x = random_() >> 8;
        const bool calls = deed.kind == Kind::call;
        if (calls && !one_in(4) && !somebody_receives(deed.what)) deed.what = 1 - deed.what;
        deed.length = one_in(6) ? number(most + 1) : number(9);
        deed.label = one_in(5) ? 1 : 0;
        deed.must_arrive = one_in(5);
    }
    /// Servers go on with the Reply that they have.
    void prefer_own_reply(Deed& deed) {
        const Thread* thread = cast_.society.current;
        if (thread == nullptr || thread->reply == nullptr || one_in(4)) return;
        deed.with = static_cast<unsigned>(thread->reply - cast_.replies.data());
    }
    void fill_method(Deed& deed) {
        deed.with = number(cast_.threads.size());
        switch (deed.kind) {
        case Kind::signal:
        case Kind::wait:
        case Kind::poll:
        case Kind::notification:
        case Kind::bind_notification:
        case Kind::unbind_notification: deed.what = number(cast_.notifications.size()); break;
        case Kind::cancel_sends:
        case Kind::endpoint:
        case Kind::look_after: deed.what = number(cast_.endpoints.size()); break;
        case Kind::reply: deed.what = number(cast_.replies.size()); break;
        case Kind::bind_context:
        case Kind::unbind_context:
        case Kind::configure:
        case Kind::consumed:
        case Kind::yield_to:
        case Kind::context: deed.what = number(cast_.contexts.size()); break;
        default: deed.what = number(cast_.threads.size()); break;
        }
        if (deed.kind == Kind::look_after || deed.kind == Kind::look_away) deed.x = below(2);
        if (deed.kind == Kind::thread) deed.x = lowest + below(levels);
        if (deed.kind == Kind::set_priority) {
            deed.x = lowest + below(levels);
            deed.y = one_in(8) && deed.what != 0 ? lowest : 255;
        }
        if (deed.kind == Kind::configure) fill_share(deed);
    }
    void fill_share(Deed& deed) {
        deed.y = 2 * minimum + below(9000);
        deed.x = one_in(4) ? deed.y : minimum + below(one_in(3) ? 3 * minimum : deed.y - minimum);
        deed.x = std::min(deed.x, deed.y);
        if (cast_.ways == Ways::general && one_in(2)) deed.length = 2 + number(3);
    }

    /// Not too often what makes an end of others, or comes to nothing.
    bool makes_sense(const Deed& deed) {
        switch (deed.kind) {
        case Kind::thread: return !cast_.threads.at(deed.what).exists || !cast_.threads[deed.what].started || one_in(4);
        case Kind::endpoint: return !cast_.endpoints.at(deed.what).exists || one_in(6);
        case Kind::reply: return !cast_.replies.at(deed.what).exists || one_in(3);
        case Kind::notification: return !cast_.notifications.at(deed.what).exists || one_in(4);
        case Kind::context: return !cast_.contexts.at(deed.what).exists || one_in(3);
        case Kind::bind_context:
            return (cast_.contexts.at(deed.what).thread == nullptr && cast_.threads.at(deed.with).own == nullptr) ||
                   one_in(9);
        // A server is passive that has lost its own time while it waited.
        case Kind::unbind_context: {
            const Thread* thread = cast_.contexts.at(deed.what).thread;
            return (thread != nullptr && thread->doing == Doing::receives && thread->reply != nullptr) || one_in(9);
        }
        case Kind::resume:
            return cast_.threads.at(deed.what).stopped || cast_.threads[deed.what].doing == Doing::nothing || one_in(9);
        case Kind::look_after: {
            const Thread& thread = cast_.threads.at(deed.with);
            return !(deed.x == 0 ? thread.fault_door : thread.timeout_door) || one_in(9);
        }
        case Kind::try_send:
            return cast_.society.current != cast_.threads.data() || somebody_receives(deed.what) || one_in(9);
        case Kind::signal: return !cast_.notifications.at(deed.what).waiters.empty() || one_in(3);
        case Kind::configure: return !cast_.contexts.at(deed.what).configured || one_in(4);
        case Kind::answer: return cast_.replies.at(deed.what).caller != nullptr || one_in(6);
        case Kind::unbind_notification: return cast_.notifications.at(deed.what).bound != nullptr || one_in(3);
        default: return true;
        }
    }

    [[nodiscard]] bool somebody_receives(unsigned endpoint) const {
        const auto& waiters = cast_.endpoints.at(endpoint).waiters;
        return std::ranges::any_of(waiters, [](const Thread* it) { return it->doing == Doing::receives; });
    }

    std::mt19937_64& random_;
    const Cast& cast_;
};

}  // namespace

Deed random_deed(std::mt19937_64& random, const Cast& cast) { return Draw(random, cast).run(); }

const char* name_of(Kind kind) { return names.at(static_cast<size_t>(kind)).name; }

std::string as_source(const std::vector<Deed>& deeds) {
    std::ostringstream out;
    for (const Deed& deed : deeds) {
        out << "    {.kind = Kind::" << name_of(deed.kind);
        const auto field = [&](const char* name, uint64_t value) {
            if (value != 0) out << ", ." << name << " = " << value;
        };
        field("what", deed.what);
        field("with", deed.with);
        field("door", deed.door);
        field("x", deed.x);
        field("y", deed.y);
        field("length", deed.length);
        field("label", deed.label);
        if (deed.must_arrive) out << ", .must_arrive = true";
        out << "},\n";
    }
    return out.str();
}

}  // namespace selene::ipc_model

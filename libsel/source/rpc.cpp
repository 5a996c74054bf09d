// SPDX-License-Identifier: BSD-2-Clause
// Answers that are not what a caller hopes for; callers that are answered later.

#include <sel/rpc_server.hpp>

namespace sel::rpc {

namespace detail {

Error error_of(const Message& answer) {
    constexpr uint32_t words = 4;
    const uint64_t code = answer.word(0);
    if (answer.label() != static_cast<uint32_t>(Answer::refused) || answer.length() != words || code == 0 ||
        code > ~uint32_t{0}) {
        return {LibraryError::unexpected_message, answer.label(), answer.length()};
    }
    Error error(abi::ErrorCode{}, answer.word(1), answer.word(2), answer.word(3));
    error.code = static_cast<uint32_t>(code);
    return error;
}

}  // namespace detail

bool Replies::add(Reply reply) {
    if (count_ == most) return false;
    places_[count_++].reply = reply;
    return true;
}

std::optional<Reply> Replies::take() {
    for (size_t i = 0; i < count_; ++i) {
        if (places_[i].state != State::free) continue;
        places_[i].state = State::taken;
        return places_[i].reply;
    }
    // Whose caller has died or was answered by another holds nobody.
    for (size_t i = 0; i < count_; ++i) {
        Place& place = places_[i];
        if (place.state == State::taken) continue;
        if (const auto waits = place.reply.inspect(); !waits || *waits != 0) continue;
        release(place);
        place.state = State::taken;
        return place.reply;
    }
    return std::nullopt;
}

void Replies::put_back(Reply reply) {
    for (size_t i = 0; i < count_; ++i) {
        if (places_[i].reply == reply) release(places_[i]);
    }
}

Replies::Turn Replies::defer(Reply reply) {
    size_t place = 0;
    while (place + 1 < count_ && !(places_[place].reply == reply)) ++place;
    places_[place].state = State::deferred;
    ++later_;
    return {place, places_[place].turn};
}

bool Replies::is_over(Turn turn) const { return places_[turn.place].turn != turn.number; }

void Replies::release(Place& place) {
    if (place.state == State::given_up) --given_up_;
    if (place.state == State::given_up || place.state == State::deferred) --later_;
    place.state = State::free;
    ++place.turn;
}

Result<void> Replies::answer(Turn turn, const Message& answer) {
    if (is_over(turn)) return refused({abi::ErrorCode::cancelled});
    Place& place = places_[turn.place];
    const auto sent = place.reply.send(answer);
    if (!sent && sent.error().is(abi::ErrorCode::lent_budget)) return sent;
    if (!sent && !sent.error().is(abi::ErrorCode::cancelled)) (void)place.reply.send(detail::refusal(sent.error()));
    release(place);
    return sent;
}

void Replies::give_up(Turn turn) {
    const auto told = answer(turn, detail::refusal({abi::ErrorCode::cancelled}));
    if (told || !told.error().is(abi::ErrorCode::lent_budget)) return;
    Place& place = places_[turn.place];
    place.state = State::given_up;
    ++place.turn;
    ++given_up_;
}

bool Replies::waits(Turn turn) const {
    if (is_over(turn)) return false;
    const auto report = places_[turn.place].reply.inspect();
    return report && *report != 0;
}

std::optional<Reply> Replies::take_back(Turn turn) {
    Place& place = places_[turn.place];
    if (place.state != State::given_up || place.turn != turn.number + 1) return std::nullopt;
    --given_up_;
    --later_;
    place.state = State::taken;
    return place.reply;
}

void Replies::answer_given_up() {
    const Message gone = detail::refusal({abi::ErrorCode::cancelled});
    for (size_t i = 0; i < count_ && given_up_ != 0; ++i) {
        Place& place = places_[i];
        if (place.state != State::given_up) continue;
        const auto sent = place.reply.send(gone);
        if (sent || !sent.error().is(abi::ErrorCode::lent_budget)) release(place);
    }
}

}  // namespace sel::rpc

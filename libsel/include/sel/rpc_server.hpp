// SPDX-License-Identifier: BSD-2-Clause
// The server side of remote procedure calls: dispatch, answers now or later, and the loop.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <sel/rpc.hpp>

namespace sel::rpc {

/// The Reply objects of a server: one for the call that it works on, and one for each that it answers later.
class Replies {
public:
    static constexpr size_t most = 64;

    explicit Replies(Reply first) { (void)add(first); }

    /// One more, that holds no caller. False if there are `most` already.
    bool add(Reply reply);

    /// One to receive with, if there is one: that nobody has deferred, or whose caller waits no longer.
    [[nodiscard]] std::optional<Reply> take();
    /// One that was taken is not needed any more; it holds no caller.
    void put_back(Reply reply);

    /// A caller that is answered later. Its Reply may come to hold another one when it has died: then the turn is over.
    struct Turn {
        size_t place;
        uint64_t number;
    };
    /// The caller that a Reply holds, which was taken, waits.
    [[nodiscard]] Turn defer(Reply reply);
    /// Answers it, once. Errors: lent_budget: it still waits; cancelled if it waits no longer; those of Reply::send.
    Result<void> answer(Turn turn, const Message& answer);
    /// Tells it that it is `cancelled`, at once or, if this thread runs on its budget, with the next answer_given_up().
    void give_up(Turn turn);
    /// Whether it still waits, as the kernel says: it may have died, or waited long enough.
    [[nodiscard]] bool waits(Turn turn) const;
    /// The Reply of one that was given up and has not been told, to answer it after all; nothing otherwise.
    [[nodiscard]] std::optional<Reply> take_back(Turn turn);

    /// Whether anybody waits for a later answer.
    [[nodiscard]] bool has_later() const { return later_ != 0; }
    void answer_given_up();

private:
    enum class State : uint8_t { free, taken, deferred, given_up };
    struct Place {
        Reply reply{};
        State state = State::free;
        uint64_t turn = 0;
    };
    [[nodiscard]] bool is_over(Turn turn) const;
    void release(Place& place);

    std::array<Place, most> places_{};
    size_t count_ = 0;
    size_t given_up_ = 0;
    size_t later_ = 0;
};

/// The duty to answer a caller later. One that ends unanswered tells the caller `cancelled`, so that nobody waits for
/// ever.
template <typename R>
class Deferred {
public:
    Deferred(Replies::Turn turn, Replies& replies) : turn_(turn), replies_(&replies) {}
    Deferred(Deferred&& other) noexcept : turn_(other.turn_), replies_(std::exchange(other.replies_, nullptr)) {}
    Deferred& operator=(Deferred&& other) noexcept {
        std::swap(turn_, other.turn_);
        std::swap(replies_, other.replies_);
        return *this;
    }
    ~Deferred() {
        if (replies_ != nullptr) replies_->give_up(turn_);
    }

    /// Answers, once. Errors: lent_budget if a server without time of its own answers within the very request that it
    /// has deferred: then the caller still waits. With any other error the caller is gone, or has been told it.
    Result<void> answer(const Result<R>& result);

    /// Whether somebody still waits for the answer, as the kernel says. Who keeps many drops those that do not before it
    /// keeps one more: there are never more others than Replies, while clients that die would fill its memory.
    [[nodiscard]] bool waits() const { return replies_ != nullptr && replies_->waits(turn_); }

private:
    Replies::Turn turn_;
    Replies* replies_;
};

/// Whom a request is from.
class Caller {
public:
    Caller(uint64_t badge, Reply& reply, Replies& replies, const Acceptor* acceptor)
        : badge_(badge), reply_(reply), replies_(replies), acceptor_(acceptor) {}

    /// The badge of the capability that was called through: it tells clients apart, and they cannot choose it.
    [[nodiscard]] uint64_t badge() const { return badge_; }

    /// Takes over the duty to answer, for a handler that then returns std::nullopt; R is what its method returns.
    /// Errors: in_use if no further Reply is free: as many callers wait as the server allows (those that have died since
    /// do not count); cancelled if it was deferred before.
    template <typename R>
    [[nodiscard]] Result<Deferred<R>> defer() {
        if (turn_) return refused({abi::ErrorCode::cancelled});
        const auto next = replies_.take();
        if (!next) return refused({abi::ErrorCode::in_use});
        turn_ = replies_.defer(std::exchange(reply_, *next));
        return Deferred<R>(*turn_, replies_);
    }

    /// Keeps a capability that came with the request; others are gone when the handler returns. Its slot is the
    /// server's from now on. Errors: those of Acceptor::keep.
    template <typename T>
    [[nodiscard]] Result<T> keep(T arrived) const {
        SEL_TRY(slot, acceptor_->keep(arrived.index()));
        return T(slot);
    }

    /// What it is known by if it has been deferred.
    [[nodiscard]] const std::optional<Replies::Turn>& turn() const { return turn_; }

private:
    uint64_t badge_;
    Reply& reply_;
    Replies& replies_;
    const Acceptor* acceptor_;
    std::optional<Replies::Turn> turn_{};
};

/// Says which function of the handler serves a method: on<calculator::add, &Calculator::add>. It takes the method's
/// arguments as the receiver gets them, after a Caller& if it wants to know who calls, and returns Result<R>; or
/// std::optional<Result<R>>, empty if it has deferred the answer.
template <auto method, auto function>
struct On {
    static constexpr auto served = method;
    static constexpr auto handler = function;
};
template <auto method, auto function>
inline constexpr On<method, function> on;

/// What a server needs, and the rights to it: its endpoint (R), Replies (W), and, if methods take capabilities, where
/// these go.
struct Service {
    Endpoint requests;
    Replies& replies;
    const Acceptor* acceptor = nullptr;
};

/// Serves requests until the endpoint is gone, and returns why.
///
/// Example: a server, of the interface in sel/rpc.hpp.
///
///     class Calculator {
///     public:
///         sel::Result<uint64_t> add(uint64_t one, uint64_t other) { return one + other; }
///         sel::Result<void> remember(sel::rpc::Caller& caller, std::string_view text) {
///             last_ = {caller.badge(), text.size()};
///             return {};
///         }
///
///     private:
///         std::pair<uint64_t, size_t> last_;
///     };
///
///     sel::Result<void> run(sel::Endpoint requests, sel::Reply reply) {
///         using sel::rpc::on;
///         Calculator calculator;
///         sel::rpc::Replies replies(reply);
///         return sel::rpc::serve<calculator::Interface, on<calculator::add, &Calculator::add>,
///                                on<calculator::remember, &Calculator::remember>>(calculator, {requests, replies});
///     }
///
/// Whatever clients do, the loop goes on: what no method fits is answered with not_understood, what was sent and not
/// called is passed over, capabilities that nobody keeps are gone after the request, an answer that does not reach its
/// caller becomes that error. Three members of the handler are called if it has them:
///     void signal(uint64_t bits)              the notification bound to this thread was signalled
///     void undelivered(const Message& answer) the caller does not get this answer, or has died: what was done for it
///                                             is to be undone
///     Message fault(uint64_t badge, const Message& fault)   a thread has faulted; without: it stays as it is
/// Errors: those of Endpoint::receive; those of Acceptor::open.
template <typename Protocol, auto... bindings, typename Handler>
Result<void> serve(Handler& handler, const Service& service);

// --- How it is done -------------------------------------------------------------------------------------------------

namespace detail {

template <typename R>
[[nodiscard, gnu::always_inline]] inline Message answer_with(const Result<R>& result) {
    if (!result) [[unlikely]]
        return refusal(result.error());
    Writer writer;
    if constexpr (!std::is_void_v<R>) Outcome<R>::put(writer, *result);
    const auto message = writer.message(static_cast<uint32_t>(Answer::done));
    return message ? *message : refusal(message.error());
}

template <auto function, typename Handler, typename... Taken>
[[gnu::always_inline]] inline auto handle(Handler& handler, Caller& caller, const Taken&... arguments) {
    const auto call = [&](auto&... all) {
        if constexpr (std::is_member_function_pointer_v<decltype(function)>) {
            return (handler.*function)(all...);
        } else {
            return function(handler, all...);
        }
    };
    if constexpr (std::is_invocable_v<decltype(function), Handler&, Caller&, const Taken&...>) {
        return call(caller, arguments...);
    } else {
        return call(arguments...);
    }
}

/// The arguments of a method, taken from a request and handed to its handler.
template <typename... Args>
struct Invocation {
    template <auto binding, typename Handler>
    [[nodiscard, gnu::always_inline]] static std::optional<Message> answer(Handler& handler, Caller& caller,
                                                                           const Message& request, CapIndex window) {
        using Arguments = WireList<Args...>;
        using R = typename std::remove_const_t<decltype(binding.served)>::Returned;
        typename Arguments::Stored stored{};
        Reader reader(request, window);
        Arguments::take(reader, stored);
        if (!reader.done()) [[unlikely]] {
            return refusal({LibraryError::not_understood, request.label(), request.length()});
        }
        const auto result = std::apply(
            [&](const auto&... each) __attribute__((always_inline)) {
                return handle<binding.handler>(handler, caller, Wire<Args>::passed(each)...);
            },
            stored);
        if constexpr (std::is_same_v<decltype(result), const std::optional<Result<R>>>) {
            if (!result) return std::nullopt;
            return answer_with<R>(*result);
        } else {
            return answer_with<R>(result);
        }
    }
};

template <auto binding, typename Handler>
[[gnu::always_inline]] inline bool try_binding(Handler& handler, Caller& caller, const Message& request,
                                               CapIndex window, std::optional<Message>& answer) {
    using Served = std::remove_const_t<decltype(binding.served)>;
    if (request.label() != Served::label || !Served::Arguments::fits(request.tag())) return false;
    using Call = typename Served::template WithArguments<Invocation>;
    answer = Call::template answer<binding>(handler, caller, request, window);
    return true;
}

/// The answer to a request; nothing if it is deferred.
template <auto... bindings, typename Handler>
[[nodiscard, gnu::always_inline]] inline std::optional<Message> dispatch(Handler& handler, Caller& caller,
                                                                         const Message& request, CapIndex window) {
    std::optional<Message> answer;
    const bool known = (try_binding<bindings>(handler, caller, request, window, answer) || ...);
    if (!known) [[unlikely]] {
        return refusal({LibraryError::not_understood, request.label(), request.length()});
    }
    return answer;
}

template <typename Protocol, auto... bindings>
struct Serves;
template <auto... methods, auto... bindings>
struct Serves<Interface<methods...>, bindings...> {
    template <typename Method>
    static constexpr bool one = (std::is_same_v<Method, std::remove_const_t<decltype(bindings.served)>> || ...);
    static constexpr bool all =
        sizeof...(methods) == sizeof...(bindings) && (one<std::remove_const_t<decltype(methods)>> && ...);
};

/// The slots that capabilities arrive in. They are open only while the server waits: whoever a handler calls could put its
/// own there with the answer.
class OpenWindow {
public:
    static constexpr uint64_t size = abi::message_items;

    OpenWindow(const Acceptor* acceptor, CapIndex first) : acceptor_(acceptor), first_(first) {}
    OpenWindow(OpenWindow&& other) noexcept
        : acceptor_(std::exchange(other.acceptor_, nullptr)), first_(other.first_) {}
    OpenWindow& operator=(OpenWindow&&) = delete;
    ~OpenWindow() {
        if (acceptor_ != nullptr) acceptor_->close(first_, size, 0);
    }
    [[nodiscard]] static Result<OpenWindow> make(const Acceptor* acceptor) {
        if (acceptor == nullptr) return OpenWindow(nullptr, CapIndex());
        SEL_TRY(first, acceptor->open(size));
        return OpenWindow(acceptor, first);
    }
    [[nodiscard]] CapIndex first() const { return first_; }
    void empty() const {
        if (acceptor_ != nullptr) acceptor_->empty(first_, size);
    }
    void open() const {
        if (acceptor_ != nullptr) (void)acceptor_->reopen(first_, size);
    }
    void shut() const {
        if (acceptor_ != nullptr) (void)acceptor_->reopen(first_, 0);
    }

private:
    const Acceptor* acceptor_;
    CapIndex first_;
};

// What arrives is passed on as registers, an error among them: so the common case keeps them there.

[[gnu::always_inline]] inline Registers answer_and_wait(const Service& service, Reply reply, const Message& answer) {
    return sel::detail::raw_exchange<abi::SystemCall::reply_receive>(service.requests.index(), answer, reply.index());
}

/// Waits with the window open; then those are told who could not be before.
template <typename Wait>
[[nodiscard]] Registers wait_open(const Service& service, const OpenWindow& window, const Wait& wait) {
    window.open();
    const Registers next = wait();
    window.shut();
    service.replies.answer_given_up();
    return next;
}

[[nodiscard]] inline Registers wait_without_answer(const Service& service, const OpenWindow& window, Reply reply) {
    return wait_open(service, window, [&] {
        return sel::detail::raw_exchange<abi::SystemCall::receive>(service.requests.index(), Message(), reply.index());
    });
}

/// The next arrival after an answer was refused, and not given: its caller takes no such answer, or is gone.
template <typename Handler>
[[nodiscard, gnu::noinline]] Registers arrival_after_refusal(Handler& handler, const Service& service,
                                                             const OpenWindow& window, Reply reply,
                                                             const Message& answer, const Registers& refused) {
    const Error error = sel::detail::checked(refused).error();
    // The answer was given, but there is nothing to receive from any more.
    if (error.is(abi::ErrorCode::cancelled)) return refused;
    if constexpr (requires { handler.undelivered(answer); }) handler.undelivered(answer);
    const Registers next = wait_open(service, window, [&] { return answer_and_wait(service, reply, refusal(error)); });
    return next.tag.error() ? wait_without_answer(service, window, reply) : next;
}

/// The next arrival, of a server that has more to think of than an answer that it gives.
template <typename Handler>
[[nodiscard, gnu::noinline]] Registers careful_arrival(Handler& handler, const Service& service,
                                                       const OpenWindow& window, Reply reply,
                                                       const std::optional<Message>& answer) {
    if (!answer) return wait_without_answer(service, window, reply);
    constexpr bool undoes = requires { handler.undelivered(*answer); };
    const bool must_arrive = undoes && answer->label() == static_cast<uint32_t>(Answer::done);
    const Message given = must_arrive ? answer->must_arrive() : *answer;
    const Registers next = wait_open(service, window, [&] { return answer_and_wait(service, reply, given); });
    return next.tag.error() ? arrival_after_refusal(handler, service, window, reply, *answer, next) : next;
}

/// Who has been deferred and given up in one request is answered as any other; who has been deferred later.
[[nodiscard, gnu::always_inline]] inline std::optional<Message> answer_to_deferred(const Service& service, Reply& reply,
                                                                                   Replies::Turn turn,
                                                                                   const Message& answer) {
    const auto given_back = service.replies.take_back(turn);
    if (!given_back) return std::nullopt;
    service.replies.put_back(std::exchange(reply, *given_back));
    return answer;
}

/// Tells the handler of a signal or a fault; the answer to what is no call.
template <typename Handler>
[[nodiscard]] std::optional<Message> answer_to_other(Handler& handler, Received next) {
    if constexpr (requires { handler.signal(next.badge); }) {
        if (next.arrival == Arrival::signal) handler.signal(next.badge);
    }
    if (next.arrival != Arrival::fault) return std::nullopt;
    if constexpr (requires { handler.fault(next.badge, next.message); }) return handler.fault(next.badge, next.message);
    return Message(1);
}

}  // namespace detail

template <typename R>
Result<void> Deferred<R>::answer(const Result<R>& result) {
    if (replies_ == nullptr) return refused({abi::ErrorCode::cancelled});
    const auto sent = replies_->answer(turn_, detail::answer_with<R>(result));
    if (sent || !sent.error().is(abi::ErrorCode::lent_budget)) replies_ = nullptr;
    return sent;
}

template <typename Protocol, auto... bindings, typename Handler>
Result<void> serve(Handler& handler, const Service& service) {
    static_assert(detail::Serves<Protocol, bindings...>::all, "each method of the interface is served once");
    SEL_TRY(window, detail::OpenWindow::make(service.acceptor));
    const auto first_reply = service.replies.take();
    if (!first_reply) return refused({abi::ErrorCode::no_reply, 2});
    Reply reply = *first_reply;
    std::optional<Message> answer;
    constexpr bool undoes = requires(const Message& lost) { handler.undelivered(lost); };
    const bool always_careful = undoes || service.acceptor != nullptr;
    // Copies here and below, so that in the common case nothing has an address.
    const Registers begun = detail::careful_arrival(handler, service, window, reply, std::nullopt);
    Registers arrived = begun;
    while (!arrived.tag.error()) {
        const Received next = sel::detail::received(arrived);
        bool careful = true;
        if (next.arrival == Arrival::call) [[likely]] {
            Caller caller(next.badge, reply, service.replies, service.acceptor);
            const uint32_t items = next.message.items();
            answer = detail::dispatch<bindings...>(handler, caller, next.message, window.first());
            if (!answer) [[unlikely]]
                answer = detail::refusal({abi::ErrorCode::cancelled});
            careful = always_careful || service.replies.has_later();
            if (careful) [[unlikely]] {
                if (items != 0) window.empty();
                if (caller.turn()) answer = detail::answer_to_deferred(service, reply, *caller.turn(), *answer);
            }
        } else {
            if (next.message.items() != 0) window.empty();
            answer = detail::answer_to_other(handler, next);
        }
        if (!careful) [[likely]] {
            arrived = detail::answer_and_wait(service, reply, *answer);
            if (!arrived.tag.error()) [[likely]]
                continue;
        }
        const Registers first = arrived;
        const std::optional<Message> given = answer;
        const Registers late = careful ? detail::careful_arrival(handler, service, window, reply, given)
                                       : detail::arrival_after_refusal(handler, service, window, reply, *given, first);
        arrived = late;
    }
    service.replies.put_back(reply);
    return refused(sel::detail::checked(arrived).error());
}

}  // namespace sel::rpc

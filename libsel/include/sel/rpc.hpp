// SPDX-License-Identifier: BSD-2-Clause
// Remote procedure calls: an interface declared once, its client side. The server side is sel/rpc_server.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <sel/acceptor.hpp>
#include <sel/endpoint.hpp>
#include <sel/rpc_wire.hpp>

namespace sel::rpc {

/// The label of an answer; a request's is the method's number.
enum class Answer : uint32_t {
    done = 0,     ///< the results follow
    refused = 1,  ///< an Error follows: code, details, items done
};

namespace detail {

/// The error in an answer that is not `done`; unexpected_message if it is no error of ours either.
[[nodiscard]] Error error_of(const Message& answer);

/// The answer that carries this error: registers only.
[[nodiscard]] inline Message refusal(const Error& error) {
    return Message(Answer::refused, error.code, error.details[0], error.details[1], error.done);
}

/// What an answer brings.
template <typename R>
[[nodiscard, gnu::always_inline]] inline Result<typename Outcome<R>::Result> result_of(const Message& answer,
                                                                                       CapIndex window) {
    if (answer.label() != static_cast<uint32_t>(Answer::done) || !Outcome<R>::fits(answer.tag())) [[unlikely]] {
        return refused(error_of(answer));
    }
    if constexpr (!std::is_void_v<R>) {
        typename Outcome<R>::Stored stored{};
        Reader reader(answer, window);
        Outcome<R>::take(reader, stored);
        if (!reader.done()) [[unlikely]]
            return refused(error_of(answer));
        return Outcome<R>::result(stored);
    } else {
        return {};
    }
}

}  // namespace detail

/// One method of an interface: its number, what it returns and what it takes. An object of it is the client's function.
///
/// Example: a protocol's header. Whoever has an endpoint of such a server calls the methods like functions.
///
///     namespace calculator {
///     inline constexpr sel::rpc::Method<1, uint64_t(uint64_t, uint64_t)> add;
///     inline constexpr sel::rpc::Method<2, void(sel::rpc::Text<100>)> remember;
///     using Interface = sel::rpc::Interface<add, remember>;
///     }  // namespace calculator
///
///     sel::Result<uint64_t> use(sel::Endpoint server) {
///         SEL_TRY_VOID(calculator::remember(server, "twenty and twenty-two"));
///         return calculator::add(server, 20, 22);
///     }
///
/// What can stand in a signature says sel/rpc_wire.hpp. Calls of up to eight words without capabilities use registers
/// only; for others both threads need an IPC buffer.
///
/// Rights on the endpoint: W and P; G too if capabilities go along.
/// Errors: what the server returns; those of Endpoint::call; message_too_long if an argument is longer than the
/// signature allows; not_understood if the server has no such method; unexpected_message if the answer is none of ours.
template <uint32_t number, typename Signature>
class Method;

template <uint32_t number, typename R, typename... Args>
class Method<number, R(Args...)> {
public:
    using Returned = R;
    using Arguments = WireList<Args...>;
    template <template <typename...> typename Template>
    using WithArguments = Template<Args...>;
    static constexpr uint32_t label = number;

    /// Calls the server and waits for its answer. `server` is an Endpoint, or whatever else has its call().
    [[gnu::always_inline]] Result<typename Outcome<R>::Result> operator()(
        const auto& server, const typename Wire<Args>::Given&... arguments) const
        requires(Outcome<R>::items == 0)
    {
        SEL_TRY(answer, ask(server, arguments...));
        return detail::result_of<R>(answer, {});
    }

    /// The same for a method that returns capabilities: they are in slots of `into`, the caller's from now on.
    /// Errors: those of Acceptor::open as well.
    Result<typename Outcome<R>::Result> operator()(const auto& server, const Acceptor& into,
                                                   const typename Wire<Args>::Given&... arguments) const
        requires(Outcome<R>::items != 0)
    {
        SEL_TRY(first, into.open(Outcome<R>::items));
        const Result<Message> answer = ask(server, arguments...);
        auto result = answer ? detail::result_of<R>(*answer, first) : refused(answer.error());
        into.close(first, Outcome<R>::items, result ? Outcome<R>::items : 0);
        return result;
    }

private:
    [[gnu::always_inline]] static Result<Message> ask(const auto& server,
                                                      const typename Wire<Args>::Given&... arguments) {
        Writer writer;
        (Wire<Args>::put(writer, arguments), ...);
        SEL_TRY(request, writer.message(number));
        return server.call(request);
    }
};

namespace detail {

template <size_t count>
consteval bool all_differ(std::array<uint32_t, count> numbers) {
    for (size_t one = 0; one < count; ++one) {
        for (size_t other = one + 1; other < count; ++other) {
            if (numbers[one] == numbers[other]) return false;
        }
    }
    return true;
}

}  // namespace detail

/// All methods of one protocol. A server must serve each of them.
template <auto... methods>
struct Interface {
    static_assert(detail::all_differ(std::array<uint32_t, sizeof...(methods)>{methods.label...}),
                  "two methods of the interface have the same number");
};

}  // namespace sel::rpc

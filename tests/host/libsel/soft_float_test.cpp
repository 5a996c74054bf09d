// SPDX-License-Identifier: BSD-2-Clause
// Floating point in integer registers, compared bit by bit with this machine's hardware.

#include <bit>
#include <cmath>
#include <cstdint>
#include <random>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include "runtime/soft_float.hpp"

using namespace sel::soft_float;

namespace {

template <typename T>
struct FormatFor;
template <>
struct FormatFor<float> {
    using Type = Single;
};
template <>
struct FormatFor<double> {
    using Type = Double;
};

template <typename T>
class Case {
public:
    using F = typename FormatFor<T>::Type;
    using Bits = typename F::Bits;

    /// Numbers of every kind, the borders of the format among them, and many that are near each other.
    static Bits pick(std::mt19937_64& random) {
        constexpr Bits borders[] = {0,
                                    1,
                                    F::sign,
                                    F::sign | 1,
                                    F::significand_mask,
                                    F::significand_mask + 1,
                                    F::infinity - 1,
                                    F::infinity,
                                    F::infinity | F::sign,
                                    F::nan,
                                    std::bit_cast<Bits>(T{1}),
                                    std::bit_cast<Bits>(T{-1.5})};
        switch (random() % 3) {
        case 0: return borders[random() % std::size(borders)];
        case 1: return static_cast<Bits>(random());
        default: {
            const auto number = static_cast<T>(static_cast<int64_t>(random()) >> random() % 64);
            return std::bit_cast<Bits>(number / static_cast<T>(uint64_t{1} << random() % 40));
        }
        }
    }

    static bool same(const Number& got, T expected) {
        const T result = std::bit_cast<T>(pack<F>(got));
        return std::isnan(expected) ? std::isnan(result) : std::bit_cast<Bits>(result) == std::bit_cast<Bits>(expected);
    }
};

}  // namespace

TEMPLATE_TEST_CASE("arithmetic gives the hardware's bits", "", float, double) {
    using C = Case<TestType>;
    using F = typename C::F;
    std::mt19937_64 random(Catch::getSeed());
    for (int round = 0; round < 300000; ++round) {
        const auto a = C::pick(random);
        const auto b = C::pick(random);
        const auto x = std::bit_cast<TestType>(a);
        const auto y = std::bit_cast<TestType>(b);
        const Number m = unpack<F>(a);
        const Number n = unpack<F>(b);
        CAPTURE(a, b);
        REQUIRE(C::same(add(m, n), x + y));
        REQUIRE(C::same(add(m, negate(n)), x - y));
        REQUIRE(C::same(multiply(m, n), x * y));
        REQUIRE((y == 0 || C::same(divide(m, n), x / y)));
        REQUIRE(C::same(ceiling(m), std::ceil(x)));
        const Order expected = x < y ? Order::less : x > y ? Order::greater : x == y ? Order::equal : Order::unordered;
        REQUIRE(compare(m, n) == expected);
    }
}

TEMPLATE_TEST_CASE("integers convert as the hardware converts them", "", float, double) {
    using C = Case<TestType>;
    using F = typename C::F;
    std::mt19937_64 random(Catch::getSeed());
    for (int round = 0; round < 300000; ++round) {
        const auto whole = static_cast<int64_t>(random()) >> random() % 64;
        REQUIRE(C::same(from_integer(whole), static_cast<TestType>(whole)));
        REQUIRE(
            C::same(from_integer(static_cast<uint64_t>(whole)), static_cast<TestType>(static_cast<uint64_t>(whole))));
        const auto bits = C::pick(random);
        const auto x = std::bit_cast<TestType>(bits);
        if (std::fabs(x) < 0x1p63) {
            REQUIRE(to_integer<int64_t>(unpack<F>(bits)) == static_cast<int64_t>(x));
        }
        if (std::fabs(x) < 0x1p31) {
            REQUIRE(to_integer<int32_t>(unpack<F>(bits)) == static_cast<int32_t>(x));
        }
        if (x >= 0 && x < 0x1p64) {
            REQUIRE(to_integer<uint64_t>(unpack<F>(bits)) == static_cast<uint64_t>(x));
        }
    }
}

TEST_CASE("what does not fit an integer becomes the nearest one") {
    const auto single = [](float value) { return unpack<Single>(std::bit_cast<uint32_t>(value)); };
    CHECK(to_integer<int32_t>(single(1e10F)) == INT32_MAX);
    CHECK(to_integer<int32_t>(single(-1e10F)) == INT32_MIN);
    CHECK(to_integer<int64_t>(single(-INFINITY)) == INT64_MIN);
    CHECK(to_integer<uint32_t>(single(-5.0F)) == 0);
    CHECK(to_integer<uint64_t>(single(INFINITY)) == UINT64_MAX);
    CHECK(to_integer<int32_t>(single(NAN)) == 0);
    CHECK(to_integer<int64_t>(single(-0x1p63F)) == INT64_MIN);
}

TEST_CASE("division by zero and the two widths of a number") {
    const auto real = [](double value) { return unpack<Double>(std::bit_cast<uint64_t>(value)); };
    CHECK(pack<Double>(divide(real(1), real(0))) == Double::infinity);
    CHECK(pack<Double>(divide(real(-1), real(0))) == (Double::infinity | Double::sign));
    CHECK(pack<Double>(divide(real(0), real(0))) == Double::nan);

    std::mt19937_64 random(Catch::getSeed());
    for (int round = 0; round < 300000; ++round) {
        const auto wide = Case<double>::pick(random);
        const auto narrow = Case<float>::pick(random);
        REQUIRE(Case<float>::same(unpack<Double>(wide), static_cast<float>(std::bit_cast<double>(wide))));
        REQUIRE(Case<double>::same(unpack<Single>(narrow), static_cast<double>(std::bit_cast<float>(narrow))));
    }
}

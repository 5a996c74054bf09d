// SPDX-License-Identifier: BSD-2-Clause
// The names by which the compiler calls floating-point arithmetic when it may not use the registers for it.

#include "soft_float.hpp"

// The names and meanings are those of "Soft float library routines" in the GCC internals manual. In components
// without floating-point registers a float is passed like a uint32_t and a double like a uint64_t.

namespace {

using namespace sel::soft_float;
using f32 = uint32_t;
using f64 = uint64_t;

template <typename F>
using Bits = typename F::Bits;

template <typename F>
Order order(Bits<F> a, Bits<F> b) {
    return compare(unpack<F>(a), unpack<F>(b));
}

// Negative, zero or positive as a is less than, equal to or greater than b; `unordered` if one is NaN, chosen so
// that the comparison the function is named for comes out false.
template <typename F>
int sign(Bits<F> a, Bits<F> b, int unordered) {
    switch (order<F>(a, b)) {
    case Order::less: return -1;
    case Order::equal: return 0;
    case Order::greater: return 1;
    case Order::unordered: return unordered;
    }
    __builtin_unreachable();
}

template <typename F>
Bits<F> sum(Bits<F> a, Bits<F> b) {
    return pack<F>(add(unpack<F>(a), unpack<F>(b)));
}

template <typename F>
Bits<F> product(Bits<F> a, Bits<F> b) {
    return pack<F>(multiply(unpack<F>(a), unpack<F>(b)));
}

template <typename F>
Bits<F> quotient(Bits<F> a, Bits<F> b) {
    return pack<F>(divide(unpack<F>(a), unpack<F>(b)));
}

template <typename Integer, typename F>
Integer integer(Bits<F> a) {
    return to_integer<Integer>(unpack<F>(a));
}

template <typename F, typename Integer>
Bits<F> real(Integer value) {
    return pack<F>(from_integer(value));
}

}  // namespace

extern "C" {

f32 __addsf3(f32 a, f32 b) { return sum<Single>(a, b); }
f32 __subsf3(f32 a, f32 b) { return sum<Single>(a, b ^ Single::sign); }
f32 __mulsf3(f32 a, f32 b) { return product<Single>(a, b); }
f32 __divsf3(f32 a, f32 b) { return quotient<Single>(a, b); }
f64 __adddf3(f64 a, f64 b) { return sum<Double>(a, b); }
f64 __subdf3(f64 a, f64 b) { return sum<Double>(a, b ^ Double::sign); }
f64 __muldf3(f64 a, f64 b) { return product<Double>(a, b); }
f64 __divdf3(f64 a, f64 b) { return quotient<Double>(a, b); }

int __eqsf2(f32 a, f32 b) { return sign<Single>(a, b, 1); }
int __nesf2(f32 a, f32 b) { return sign<Single>(a, b, 1); }
int __ltsf2(f32 a, f32 b) { return sign<Single>(a, b, 1); }
int __lesf2(f32 a, f32 b) { return sign<Single>(a, b, 1); }
int __gesf2(f32 a, f32 b) { return sign<Single>(a, b, -1); }
int __gtsf2(f32 a, f32 b) { return sign<Single>(a, b, -1); }
int __unordsf2(f32 a, f32 b) { return order<Single>(a, b) == Order::unordered ? 1 : 0; }
int __eqdf2(f64 a, f64 b) { return sign<Double>(a, b, 1); }
int __nedf2(f64 a, f64 b) { return sign<Double>(a, b, 1); }
int __ltdf2(f64 a, f64 b) { return sign<Double>(a, b, 1); }
int __ledf2(f64 a, f64 b) { return sign<Double>(a, b, 1); }
int __gedf2(f64 a, f64 b) { return sign<Double>(a, b, -1); }
int __gtdf2(f64 a, f64 b) { return sign<Double>(a, b, -1); }
int __unorddf2(f64 a, f64 b) { return order<Double>(a, b) == Order::unordered ? 1 : 0; }

int32_t __fixsfsi(f32 a) { return integer<int32_t, Single>(a); }
int64_t __fixsfdi(f32 a) { return integer<int64_t, Single>(a); }
uint32_t __fixunssfsi(f32 a) { return integer<uint32_t, Single>(a); }
uint64_t __fixunssfdi(f32 a) { return integer<uint64_t, Single>(a); }
int32_t __fixdfsi(f64 a) { return integer<int32_t, Double>(a); }
int64_t __fixdfdi(f64 a) { return integer<int64_t, Double>(a); }
uint32_t __fixunsdfsi(f64 a) { return integer<uint32_t, Double>(a); }
uint64_t __fixunsdfdi(f64 a) { return integer<uint64_t, Double>(a); }

f32 __floatsisf(int32_t value) { return real<Single>(value); }
f32 __floatdisf(int64_t value) { return real<Single>(value); }
f32 __floatunsisf(uint32_t value) { return real<Single>(value); }
f32 __floatundisf(uint64_t value) { return real<Single>(value); }
f64 __floatsidf(int32_t value) { return real<Double>(value); }
f64 __floatdidf(int64_t value) { return real<Double>(value); }
f64 __floatunsidf(uint32_t value) { return real<Double>(value); }
f64 __floatundidf(uint64_t value) { return real<Double>(value); }

f64 __extendsfdf2(f32 a) { return pack<Double>(unpack<Single>(a)); }
f32 __truncdfsf2(f64 a) { return pack<Single>(unpack<Double>(a)); }

f32 ceilf(f32 a) { return pack<Single>(ceiling(unpack<Single>(a))); }
f64 ceil(f64 a) { return pack<Double>(ceiling(unpack<Double>(a))); }
}

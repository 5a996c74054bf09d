// SPDX-License-Identifier: BSD-2-Clause
// The functions that libc++'s headers declare and its compiled library holds, as far as components need them.

#include <algorithm>
#include <bit>
#include <charconv>
#include <memory>
#include <string>
#include <unordered_map>

// libc++ is compiled for each operating system; for this one there is no binary. What is missing here shows as an
// undefined symbol when a component is linked.

namespace std {
inline namespace __1 {

template class basic_string<char>;
template basic_string<char> operator+(const char*, const basic_string<char>&);

// --- Numbers as strings ---------------------------------------------------------------------------------------------

namespace {

template <typename Integer>
string decimal(Integer value) {
    char digits[numeric_limits<Integer>::digits10 + 2];
    const char* end = to_chars(begin(digits), std::end(digits), value).ptr;
    return string(digits, static_cast<size_t>(end - digits));
}

}  // namespace

string to_string(int value) { return decimal(value); }
string to_string(unsigned value) { return decimal(value); }
string to_string(long value) { return decimal(value); }
string to_string(unsigned long value) { return decimal(value); }
string to_string(long long value) { return decimal(value); }
string to_string(unsigned long long value) { return decimal(value); }

// --- Shared ownership -----------------------------------------------------------------------------------------------

// Counts start at zero for one owner. All strong owners together are one weak owner.

__shared_count::~__shared_count() {}
__shared_weak_count::~__shared_weak_count() {}

void __shared_weak_count::__release_weak() noexcept {
    if (__libcpp_atomic_refcount_decrement(__shared_weak_owners_) == -1) {
        __on_zero_shared_weak();
    }
}

__shared_weak_count* __shared_weak_count::lock() noexcept {
    long owners = __atomic_load_n(&__shared_owners_, __ATOMIC_RELAXED);
    while (owners != -1) {
        if (__atomic_compare_exchange_n(&__shared_owners_, &owners, owners + 1, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED)) {
            return this;
        }
    }
    return nullptr;
}

const void* __shared_weak_count::__get_deleter(const type_info&) const noexcept { return nullptr; }

// --- Sorting numbers ------------------------------------------------------------------------------------------------

// The headers sort arrays of numbers by these functions only, always in rising order: __less is a mere name.
template <typename Compare, typename Iterator>
void __sort(Iterator first, Iterator last, Compare) {
    const auto depth_limit = 2 * static_cast<ptrdiff_t>(bit_width(static_cast<size_t>(last - first)));
    using Less = ranges::less;
    __introsort<_ClassicAlgPolicy, Less, Iterator, __use_branchless_sort<Less, Iterator>::value>(first, last, Less(),
                                                                                                 depth_limit);
}

template void __sort<__less<char>&, char*>(char*, char*, __less<char>&);
template void __sort<__less<signed char>&, signed char*>(signed char*, signed char*, __less<signed char>&);
template void __sort<__less<unsigned char>&, unsigned char*>(unsigned char*, unsigned char*, __less<unsigned char>&);
template void __sort<__less<short>&, short*>(short*, short*, __less<short>&);
template void __sort<__less<unsigned short>&, unsigned short*>(unsigned short*, unsigned short*,
                                                               __less<unsigned short>&);
template void __sort<__less<int>&, int*>(int*, int*, __less<int>&);
template void __sort<__less<unsigned>&, unsigned*>(unsigned*, unsigned*, __less<unsigned>&);
template void __sort<__less<long>&, long*>(long*, long*, __less<long>&);
template void __sort<__less<unsigned long>&, unsigned long*>(unsigned long*, unsigned long*, __less<unsigned long>&);
template void __sort<__less<long long>&, long long*>(long long*, long long*, __less<long long>&);
template void __sort<__less<unsigned long long>&, unsigned long long*>(unsigned long long*, unsigned long long*,
                                                                       __less<unsigned long long>&);
template void __sort<__less<float>&, float*>(float*, float*, __less<float>&);
template void __sort<__less<double>&, double*>(double*, double*, __less<double>&);

// --- Hash tables ----------------------------------------------------------------------------------------------------

// The smallest prime that is not less: how many buckets a table of that size gets.
size_t __next_prime(size_t least) {
    const auto is_prime = [](size_t number) {
        for (size_t divisor = 3; divisor <= number / divisor; divisor += 2) {
            if (number % divisor == 0) {
                return false;
            }
        }
        return true;
    };
    if (least <= 2) {
        return least == 0 ? 0 : 2;
    }
    size_t candidate = least | 1;
    while (!is_prime(candidate)) {
        candidate += 2;
    }
    return candidate;
}

}  // namespace __1
}  // namespace std

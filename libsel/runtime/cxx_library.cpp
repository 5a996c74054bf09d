// SPDX-License-Identifier: BSD-2-Clause
// The functions that libc++'s headers declare and its compiled library holds, as far as components need them.

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
        if (__atomic_compare_exchange_n(&__shared_owners_, &owners, owners + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
            return this;
        }
    }
    return nullptr;
}

const void* __shared_weak_count::__get_deleter(const type_info&) const noexcept { return nullptr; }

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

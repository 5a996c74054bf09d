// SPDX-License-Identifier: BSD-2-Clause
// Locks, and the annotations by which clang checks them. Threads run on one core so far: a lock is empty, what it
// guards is declared all the same.
#pragma once

#define SELENE_LOCKABLE __attribute__((capability("lock")))
#define SELENE_SCOPED __attribute__((scoped_lockable))
#define SELENE_GUARDED_BY(lock) __attribute__((guarded_by(lock)))
#define SELENE_REQUIRES(lock) __attribute__((requires_capability(lock)))
#define SELENE_ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define SELENE_ASSERT_HELD __attribute__((assert_capability(this)))
#define SELENE_RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))

namespace selene {

class SELENE_LOCKABLE Lock {
public:
    void acquire() SELENE_ACQUIRE() {}
    void release() SELENE_RELEASE() {}
    /// The caller holds it: off the hot path the kernel is entered with all locks.
    void assert_held() const SELENE_ASSERT_HELD {}
};

}  // namespace selene

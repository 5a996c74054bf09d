// SPDX-License-Identifier: BSD-2-Clause
// Locks, and the annotations by which clang checks them. Threads run on one core so far: a lock is empty, what it
// guards is declared all the same.
#pragma once

#define SELENE_LOCKABLE __attribute__((capability("lock")))
#define SELENE_GUARDED_BY(lock) __attribute__((guarded_by(lock)))
#define SELENE_ASSERT_HELD __attribute__((assert_capability(this)))

namespace selene {

class SELENE_LOCKABLE Lock {
public:
    /// The caller holds it: as long as threads run on one core only, who is in the kernel holds all locks.
    void assert_held() const SELENE_ASSERT_HELD {}
};

}  // namespace selene

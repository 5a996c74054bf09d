// SPDX-License-Identifier: BSD-2-Clause
// Locks, and the annotations by which clang checks them. Threads run on one core so far: a lock is empty, what it
// guards is declared and checked all the same.
#pragma once

#define SELENE_CAPABILITY(kind) __attribute__((capability(kind)))
#define SELENE_SCOPED __attribute__((scoped_lockable))
/// Of a datum: who reads or writes it holds the lock.
#define SELENE_GUARDED_BY(lock) __attribute__((guarded_by(lock)))
/// Of a function: its caller holds these, or must not.
#define SELENE_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define SELENE_EXCLUDES(...) __attribute__((locks_excluded(__VA_ARGS__)))
#define SELENE_ACQUIRES(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define SELENE_RELEASES(...) __attribute__((release_capability(__VA_ARGS__)))
#define SELENE_ASSERT_HELD __attribute__((assert_capability(this)))
/// Of a lock: it is taken after these, never before.
#define SELENE_AFTER(...) __attribute__((acquired_after(__VA_ARGS__)))
/// Of an accessor that reads without the lock on purpose; the comment there says why that is right.
#define SELENE_UNLOCKED __attribute__((no_thread_safety_analysis))

namespace selene {

struct Core;

/// A lock, in the object whose data it guards if that is one.
class SELENE_CAPABILITY("lock") Lock {
public:
    /// The caller holds it, for a reason that the analysis cannot see; to be said at each place.
    void assert_held() const SELENE_ASSERT_HELD {}
};

/// What a core has by being in the kernel, where nothing interrupts it; not a lock, nobody waits for it.
class SELENE_CAPABILITY("role") Role {
public:
    void assert_held() const SELENE_ASSERT_HELD {}
};

/// Holds a lock to the end of a block.
class SELENE_SCOPED Held {
public:
    explicit Held(const Lock& lock) SELENE_ACQUIRES(lock) {}
    ~Held() SELENE_RELEASES() {}
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
};

// Names of what a datum cannot reach by an expression.

/// The derivation tree's: guards slots, and what unmap changes of objects along with them. Methods hold it, IPC does so
/// only to transfer capabilities.
inline constexpr Lock tree_lock;

/// Being the core that a datum belongs to: its Core's, a context's, a thread's, a Reply's. A thread in a queue of an
/// endpoint or notification belongs to whoever holds that queue's lock, any other to the core of its context.
inline constexpr Role own_core;

/// The core is in the kernel to the end of a block: what it looks up lives as long at least.
class SELENE_SCOPED InKernel {
public:
    explicit InKernel(const Core&) SELENE_ACQUIRES(own_core) {}
    ~InKernel() SELENE_RELEASES() {}
    InKernel(const InKernel&) = delete;
    InKernel& operator=(const InKernel&) = delete;
};

}  // namespace selene

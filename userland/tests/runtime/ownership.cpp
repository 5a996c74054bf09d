// SPDX-License-Identifier: BSD-2-Clause
// unique_ptr, shared_ptr, weak_ptr, virtual functions, and where their memory goes.

#include <memory>
#include <vector>

#include "checks.hpp"

namespace runtime_test {

namespace {

int alive = 0;

class Animal {
public:
    Animal() { ++alive; }
    virtual ~Animal() { --alive; }
    [[nodiscard]] virtual int legs() const = 0;
};

class Bird : public Animal {
public:
    [[nodiscard]] int legs() const override { return 2; }
};

class Spider : public Animal {
public:
    [[nodiscard]] int legs() const override { return 8; }
};

}  // namespace

void check_ownership() {
    {
        std::vector<std::unique_ptr<Animal>> zoo;
        zoo.push_back(std::make_unique<Bird>());
        zoo.push_back(std::make_unique<Spider>());
        const auto moved = std::move(zoo.front());
        check(alive == 2 && zoo.front() == nullptr && moved->legs() + zoo.back()->legs() == 10);
    }
    check(alive == 0);

    std::weak_ptr<Animal> watcher;
    {
        const std::shared_ptr<Animal> owner = std::make_shared<Spider>();
        const std::shared_ptr<Animal> other = owner;
        watcher = owner;
        check(owner.use_count() == 2 && watcher.lock()->legs() == 8);
    }
    check(alive == 0 && watcher.expired() && watcher.lock() == nullptr);

    bool released = false;
    {
        const std::shared_ptr<int> custom(new int(5), [&released](int* number) {
            delete number;
            released = true;
        });
    }
    check(released);
}

}  // namespace runtime_test

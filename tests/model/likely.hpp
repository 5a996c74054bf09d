// SPDX-License-Identifier: BSD-2-Clause
// What a random operation is likely to be: how often each method is drawn, and whether it could be obeyed.
#pragma once

#include "abi/grammar.hpp"
#include "system.hpp"

namespace selene::model {

using abi::grammar::Method;

/// How often a method is drawn beside the others.
unsigned weight_of(const Method& method);
/// Whether the state of what a method is invoked on lets it be obeyed.
bool could_serve(const Method& method, const Object& self);
/// Whether the state of an argument lets the method be obeyed.
bool could_be_given(const Method& method, const Object& argument);

}  // namespace selene::model

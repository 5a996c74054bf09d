// SPDX-License-Identifier: BSD-2-Clause
// Prints a Model as a spec.
#pragma once

#include <string>
#include <vector>

#include "model/model.hpp"

namespace capdl {

/// Prints a sealed Model in standard syntax, without components: what they stand for has become objects and
/// capabilities. Only what the standard language cannot say uses words of Selene's own. Parsing the result gives the
/// same Model again.
class Printer {
public:
    explicit Printer(const Model& model) : model_(model) {}

    [[nodiscard]] std::string print();
    /// The parameters of a capability, with a blank and in parentheses; empty if it has none.
    [[nodiscard]] std::string parameters_of(const Capability& capability) const;
    /// A slot by its name or number.
    [[nodiscard]] std::string slot_text(ObjectId container, uint64_t slot) const;

private:
    void objects();
    void object(ObjectId id, unsigned indent);
    void children(ObjectId untyped, unsigned indent);
    void later_children();
    [[nodiscard]] bool follows(ObjectId previous, ObjectId next) const;
    [[nodiscard]] bool is_uniform_array(const Declaration& declaration) const;
    [[nodiscard]] bool is_declared_below_untyped(ObjectId id) const;
    void object_parameters(ObjectId id);
    void parameter_value(const ObjectParameter& parameter, ValueShape shape);
    void fill(const Fill& fill);

    void capabilities();
    void container(ObjectId id);
    [[nodiscard]] bool continues(const Capability& previous, const Capability& next, int& step) const;
    void interrupts();
    void derivations();
    void domains();

    void line(unsigned indent) { out_ += '\n', out_.append(indent * size_t{2}, ' '); }

    const Model& model_;
    std::string out_;
    std::vector<ObjectId> order_;  ///< in which objects are declared in the text, which may not be that of the Model
    std::vector<uint32_t> rank_;   ///< by object: its place in that order
};

/// Text as a string literal.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace capdl

// Values of small tensors: the arithmetic by which graphs compute shapes.
#pragma once

#include "workloads/onnx/shapes/node.h"

namespace arrayflex::workloads {

/// Computes the values of the node's outputs where its inputs' values and the outputs' shapes are
/// known and there are at most kMostValues. Elements that depend on unknown ones are unknown.
/// Integers of more than 64 bits are unknown; floats are rounded as float or double after every
/// operation. Followed are: elementwise arithmetic, comparisons and logic, Cast, Where, Range,
/// ConstantOfShape, reductions, and what moves elements (Reshape, Transpose, Slice, Gather, Concat,
/// Split, Expand, Tile, Pad with zeros, ScatterND, NonZero, ...).
void evaluate(Node& node);

/// The families, each empty where the operator is none of it. `shape` is the output's.
std::optional<Value> evaluate_elementwise(const Node& node, const Sizes& shape);
std::optional<Value> evaluate_movement(const Node& node, const Sizes& shape, int output);
std::optional<Value> evaluate_reduction(const Node& node, const Sizes& shape);

/// Steps through the places of a tensor, row by row.
class Places {
 public:
  explicit Places(const Sizes& shape) : shape_(shape), place_(shape.size(), 0) {}
  const Sizes& at() const { return place_; }
  void next();

 private:
  const Sizes& shape_;
  Sizes place_;
};

/// The place's index among the elements of a tensor of this shape, which is broadcast to it:
/// aligned at the last axis, axes of size 1 count as 0.
std::size_t index_of(const Sizes& shape, const Sizes& place);

}  // namespace arrayflex::workloads

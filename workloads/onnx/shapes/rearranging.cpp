// Operators that put the same elements into another shape or order.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "workloads/onnx/shapes/rules.h"

namespace arrayflex::workloads {
namespace {

/// The target of a Reshape; NaN where a size is not known. Empty where nothing is known of it.
std::optional<std::vector<long double>> target_of(const Node& node) {
  if (const auto old = node.attribute_integers("shape")) {
    return std::vector<long double>(old->begin(), old->end());
  }
  if (const Value* value = node.value(1)) return value->numbers;
  const Sizes* shape = node.shape(1);
  if (shape == nullptr || shape->size() != 1 || (*shape)[0] < 0 || (*shape)[0] > kMostValues) {
    return std::nullopt;
  }
  return std::vector<long double>(static_cast<std::size_t>((*shape)[0]), NAN);
}

/// A Reshape on its way: the one size that the target leaves open is found by the elements that are
/// left over. Sizes that are copied stand on both sides, known or not, and are left out.
class Reshaping {
 public:
  Reshaping(const Node& node, const std::vector<long double>& target) : node_(node) {
    if (node.shape(0) != nullptr) input_ = *node.shape(0);
    copied_.resize(input_ ? input_->size() : 0);
    const bool copies_zeros = node.integer("allowzero", 0) == 0;
    for (const long double number : target) add(number, copies_zeros);
  }

  Sizes result() {
    const std::int64_t total = left_over(), known = count_of(rest_);
    if (total < 0 || known < 0 || open_.size() > 1) return result_;
    if (open_.empty() ? total != known : known == 0 ? total != 0 : total % known != 0) reject();
    if (!open_.empty()) result_[open_.front()] = known == 0 ? 0 : total / known;
    return result_;
  }

 private:
  void add(long double number, bool copies_zeros) {
    if (number == 0 && copies_zeros) {
      copy(result_.size());
    } else if (number == -1 || std::isnan(number)) {
      if (number == -1 && has_minus_one_) node_.fail("the target has two sizes of -1");
      has_minus_one_ = has_minus_one_ || number == -1;
      open_.push_back(result_.size());
      result_.push_back(kUnknownSize);
    } else if (number < 0) {
      node_.fail(fmt::format("the target has a size of {}", static_cast<double>(number)));
    } else {
      result_.push_back(static_cast<std::int64_t>(number));
      rest_.push_back(result_.back());
    }
  }

  void copy(std::size_t place) {
    if (!input_) return result_.push_back(kUnknownSize);
    if (place >= input_->size())
      node_.fail("the target copies a size that the input does not have");
    result_.push_back((*input_)[place]);
    copied_[place] = true;
  }

  std::int64_t left_over() const {
    if (!input_) return kUnknownSize;
    Sizes left;
    for (std::size_t i = 0; i < copied_.size(); ++i) {
      if (!copied_[i]) left.push_back((*input_)[i]);
    }
    return count_of(left);
  }

  [[noreturn]] void reject() {
    node_.fail(fmt::format("the input {} has {} elements, which do not fit into {}; {}",
                           shown(*input_), count_of(*input_), shown(result_), kBakedSizeRemedy));
  }

  const Node& node_;
  std::optional<Sizes> input_;
  std::vector<bool> copied_;
  Sizes result_, rest_;
  std::vector<std::size_t> open_;  ///< places of -1 and of sizes that are not known
  bool has_minus_one_ = false;
};

void reshape(Node& node) {
  if (const auto target = target_of(node)) node.set(0, Reshaping(node, *target).result());
}

void transpose(Node& node) {
  const Sizes* shape = node.shape(0);
  const auto order = node.attribute_integers("perm");
  if (shape == nullptr) {
    if (order) node.set(0, Sizes(order->size(), kUnknownSize));
    return;
  }
  if (!order || (order->empty() && !shape->empty())) {
    return node.set(0, Sizes(shape->rbegin(), shape->rend()));
  }
  Sizes sorted = *order, result;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] != static_cast<std::int64_t>(i) || sorted.size() != shape->size()) {
      node.fail(fmt::format("perm = {} does not fit the shape {}", shown(*order), shown(*shape)));
    }
  }
  for (const std::int64_t axis : *order) result.push_back((*shape)[static_cast<std::size_t>(axis)]);
  node.set(0, result);
}

void flatten(Node& node) {
  const Sizes* shape = node.shape(0);
  if (shape == nullptr) return node.set(0, {kUnknownSize, kUnknownSize});
  const auto rank = static_cast<std::int64_t>(shape->size());
  std::int64_t axis = node.integer("axis", 1);
  if (axis < -rank || axis > rank) node.fail(fmt::format("axis = {}: there are {}", axis, rank));
  if (axis < 0) axis += rank;
  const auto middle = shape->begin() + axis;
  node.set(0, {count_of(Sizes(shape->begin(), middle)), count_of(Sizes(middle, shape->end()))});
}

/// -rank..rank-1 of all numbers as flags.
std::vector<bool> marked(const Node& node, const Sizes& axes, std::size_t rank) {
  std::vector<bool> result(rank, false);
  for (const std::int64_t axis : axes) result[node.axis(axis, rank)] = true;
  return result;
}

void squeeze(Node& node) {
  const Sizes* shape = node.shape(0);
  const auto axes = node.list("axes", 1);
  if (shape == nullptr || (node.has_list("axes", 1) && !axes)) return;
  if (!axes && !is_known(*shape)) return;
  const auto dropped = marked(node, axes ? *axes : Sizes{}, shape->size());
  Sizes result;
  for (std::size_t i = 0; i < shape->size(); ++i) {
    const std::int64_t size = (*shape)[i];
    if (dropped[i] && size > 1) {
      node.fail(fmt::format("axis {} of {} is not 1; {}", i, shown(*shape), kBakedSizeRemedy));
    }
    if (axes ? !dropped[i] : size != 1) result.push_back(size);
  }
  node.set(0, result);
}

void unsqueeze(Node& node) {
  const Sizes* shape = node.shape(0);
  const auto axes = node.list("axes", 1);
  if (shape == nullptr || !axes) return;
  const auto added = marked(node, *axes, shape->size() + axes->size());
  Sizes result;
  auto next = shape->begin();
  for (const bool is_new : added) {
    if (!is_new && next == shape->end()) node.fail("the axes stand twice");
    result.push_back(is_new ? 1 : *next++);
  }
  node.set(0, result);
}

/// Channels to pixels, or back.
void move_blocks(Node& node) {
  const Sizes* shape = node.shape(0);
  const std::int64_t block = node.integer("blocksize", 0);
  if (shape == nullptr || shape->size() != 4 || block < 1) return;
  Sizes result = *shape;
  const bool is_to_space = node.op() == "DepthToSpace";
  const auto grow = [&](std::int64_t& size) { size = multiplied(size, block); };
  const auto shrink = [&](std::int64_t& size, std::int64_t by) {
    if (size >= 0 && (by < 1 || size % by != 0)) {
      node.fail(fmt::format("blocksize = {} does not divide {}", block, shown(*shape)));
    }
    if (size >= 0) size /= by;
  };
  if (is_to_space) {
    shrink(result[1], multiplied(block, block));
    grow(result[2]);
    grow(result[3]);
  } else {
    grow(result[1]);
    grow(result[1]);
    shrink(result[2], block);
    shrink(result[3], block);
  }
  node.set(0, result);
}

}  // namespace

void add_rearranging_rules(RuleTable& rules) {
  rules["Reshape"] = reshape;
  rules["Transpose"] = transpose;
  rules["Flatten"] = flatten;
  rules["Squeeze"] = squeeze;
  rules["Unsqueeze"] = unsqueeze;
  rules["DepthToSpace"] = move_blocks;
  rules["SpaceToDepth"] = move_blocks;
}

}  // namespace arrayflex::workloads

// Walks through a model in execution order: shapes and small values of every tensor, and what there
// is of matrix products.
//
// The nodes of a model's own functions are walked once per call, those of If, Loop and Scan as
// often as they are known to run: see control_flow.cpp.
#pragma once

#include <onnx/onnx_pb.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "workloads/onnx/model.h"
#include "workloads/onnx/shapes/node.h"
#include "workloads/onnx/shapes/tensor.h"
#include "workloads/onnx/table.h"

namespace arrayflex::workloads {

/// What was met on the way.
struct Harvest {
  std::vector<TableRow> rows;  ///< names are those of the nodes: not unique
  /// Nodes that are no layers by (in a body that is not known to run, operator).
  std::map<std::pair<bool, std::string>, std::int64_t> skipped;
  std::set<std::string> uncounted;  ///< operators that hold products and are no layers
  std::vector<std::string> notes;

  /// Another one, `times` times. Throws InputError beyond kMaxLayerDim.
  void add(const Harvest& other, std::int64_t times);
};

/// What the names of a graph or of a function's body stand for.
struct Scope {
  const Scope* outer = nullptr;  ///< of a body: the graph around it
  std::int64_t opset = 0;        ///< of ONNX's own operators; 0: not stated
  std::string prefix;            ///< of names of nodes: the call of a function
  std::map<std::string, Tensor> tensors;
  std::map<std::string, Sizes> stated;    ///< shapes in the file, by tensor
  const onnx::NodeProto* call = nullptr;  ///< of a function: where its attributes come from

  const Tensor* find(const std::string& name) const;
};

class Walker {
 public:
  explicit Walker(const OnnxModel& model);

  /// Throws InputError as import_onnx() does.
  Harvest walk();

 private:
  using Tensors = std::vector<Tensor>;

  void read_stored(const onnx::GraphProto& graph, Scope& scope) const;
  void read_stated(const onnx::GraphProto& graph, Scope& scope) const;
  Sizes stated_sizes(const onnx::TensorShapeProto& shape) const;
  void walk_graph(const onnx::GraphProto& graph, Scope& scope, Harvest& harvest);
  void visit(const onnx::NodeProto& node, Scope& scope, Harvest& harvest);
  void infer(Node& node, Scope& scope, Harvest& harvest);
  void reconcile(Node& node, const Scope& scope) const;
  void count(const Node& node, const Scope& scope, Harvest& harvest) const;
  void call_function(const Node& node, const onnx::FunctionProto& function, const Scope& scope,
                     Tensors& outputs, Harvest& harvest);
  const onnx::FunctionProto* find_function(const onnx::NodeProto& node) const;

  bool control(Node& node, const Scope& scope, Harvest& harvest);
  void walk_if(Node& node, const Scope& scope, Harvest& harvest);
  void walk_loop(Node& node, const Scope& scope, Harvest& harvest);
  void walk_scan(Node& node, const Scope& scope, Harvest& harvest);
  bool loop_steadily(Node& node, const Scope& scope, std::int64_t trips, Harvest& harvest);
  bool unroll(Node& node, const Scope& scope, std::int64_t trips, Harvest& harvest);
  Tensors walk_body(const onnx::GraphProto& body, const Tensors& inputs, const Scope& scope,
                    Harvest& harvest);
  void skip_body(const onnx::GraphProto& body, Harvest& harvest) const;
  void give_up(const Node& node, const UnknownShapeError& error, Harvest& harvest) const;

  const OnnxModel& model_;
  std::map<std::pair<std::string, std::string>, const onnx::FunctionProto*> functions_;
  std::int64_t visits_ = 0;
  int depth_ = 0;
};

/// Operator with "<domain>." in front unless it is ONNX's own, on one line.
std::string label_of(const onnx::NodeProto& node);

/// Text of the file in a comment, a name or a note: one line, no blanks around it.
std::string single_line(std::string text);

}  // namespace arrayflex::workloads

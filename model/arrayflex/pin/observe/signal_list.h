// The nets, registers and signals of a module, found through its trace() function.
#pragma once

#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

namespace arrayflex::pin {

/// One traced value. It refers to the channel, which must outlive it.
class TracedSignal {
 public:
  /// 1 <= width_bits <= 64.
  template <class T>
  TracedSignal(const T& value, const std::string& full_name, int width_bits)
      : value_(&value), read_(&read_as<T>), width_bits_(width_bits) {
    const std::size_t dot = full_name.rfind('.');
    if (dot != std::string::npos) module_ = full_name.substr(0, dot);
    name_ = dot == std::string::npos ? full_name : full_name.substr(dot + 1);
  }

  /// Hierarchical name of the module that owns it, "arrayflex.array.pe_0_1"; may be empty.
  const std::string& module() const { return module_; }
  /// Name within the module, "psum_reg".
  const std::string& name() const { return name_; }
  int width_bits() const { return width_bits_; }

  /// The low width_bits() bits of the value now.
  std::uint64_t read() const { return read_(value_) & (~std::uint64_t{0} >> (64 - width_bits_)); }

 private:
  template <class T>
  static std::uint64_t read_as(const void* value) {
    return static_cast<std::uint64_t>(*static_cast<const T*>(value));
  }

  const void* value_;
  std::uint64_t (*read_)(const void*);
  int width_bits_;
  std::string module_, name_;
};

/// The values that object.trace() traces, in its order: bits and integers. Throws std::logic_error
/// naming a value of another type.
std::vector<TracedSignal> traced_signals(const sc_core::sc_object& object);

/// The signals within modules that match one of the glob patterns, all of them without patterns. A
/// pattern (`*`, `?`, `[...]`; `*` goes across dots, too) selects a module by its hierarchical
/// name, and with it everything below. Throws InputError naming `item` for a pattern without any
/// signal.
std::vector<TracedSignal> select_signals(const std::vector<TracedSignal>& signals,
                                         const std::vector<std::string>& patterns,
                                         const std::string& item);

}  // namespace arrayflex::pin

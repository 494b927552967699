// A register: a signal that a clock edge loads when its enable pin is on.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>
#include <systemc>

#include "arrayflex/pin/array/types.h"

namespace arrayflex::pin {

/// The output of a register. It has two writers, the clock edge and the reset, hence the policy.
template <class T>
class Register final : public sc_core::sc_signal<T, sc_core::SC_UNCHECKED_WRITERS> {
  using Base = sc_core::sc_signal<T, sc_core::SC_UNCHECKED_WRITERS>;

 public:
  explicit Register(const char* name) : Base(name, T{}) {}
  const char* kind() const override { return "register"; }

  /// read() and write() without the virtual call: they run once per register and cycle.
  const T& q() const { return this->m_cur_val; }
  void load(const T& value) { Base::write(value); }
};

/// Ends the life of a register whose memory belongs to a RegisterPool.
struct DestroyInPool {
  template <class T>
  void operator()(Register<T>* reg) const {
    reg->~Register<T>();
  }
};
template <class T>
using PooledRegister = std::unique_ptr<Register<T>, DestroyInPool>;

/// Memory for the registers of one kind of a whole array. Next to each other, wherever their
/// modules are, they take a fraction of the time to clock; owner and place in the hierarchy stay
/// with the module that creates them. The pool must outlive them.
template <class T>
class RegisterPool {
 public:
  explicit RegisterPool(std::size_t capacity)
      : capacity_(capacity), memory_(std::make_unique<Slot[]>(capacity)) {}

  PooledRegister<T> create(const char* name) {
    if (used_ == capacity_) throw std::logic_error("register pool exhausted");
    return PooledRegister<T>(new (memory_[used_++].bytes) Register<T>(name));
  }

 private:
  struct Slot {
    alignas(Register<T>) unsigned char bytes[sizeof(Register<T>)];
  };
  std::size_t capacity_;
  std::size_t used_ = 0;
  std::unique_ptr<Slot[]> memory_;
};

/// The pools of one array.
struct RegisterPools {
  RegisterPools(std::size_t rows, std::size_t cols, std::size_t weight_banks = 1)
      : weight(rows * cols * weight_banks),
        psum(rows * cols),
        operand(rows * (cols - 1)),
        skew(rows * (rows - 1) / 2),
        deskew(cols * (cols - 1) / 2) {}

  RegisterPool<Operand> weight;
  RegisterPool<Sum> psum;
  RegisterPool<Operand> operand;
  RegisterPool<Operand> skew;
  RegisterPool<Sum> deskew;
};

/// The clock edge's view of one register: its output and, through the module's ports, the pins
/// that feed it.
template <class T>
struct RegisterPins {
  Register<T>* reg = nullptr;
  const T* d = nullptr;
  const bool* enable = nullptr;
};

}  // namespace arrayflex::pin

// A combinational net: a channel that a port binds to like a signal.
#pragma once

#include <algorithm>
#include <memory>
#include <systemc>
#include <vector>

namespace arrayflex::pin {

/// A net that somebody waits on.
class WatchedNet {
 public:
  virtual ~WatchedNet() = default;
  /// Notifies value_changed_event() when the value differs from the one of the last call.
  virtual void notify_change() = 0;
};

/// The nets of one array that somebody waits on; empty, and free, unless someone does.
class NetWatchList {
 public:
  void add(WatchedNet& net) { nets_.push_back(&net); }
  void notify_changes() {
    for (WatchedNet* net : nets_) net->notify_change();
  }

 private:
  std::vector<WatchedNet*> nets_;
};

/// A named net whose value lives in the array's net storage, where the array's settle process
/// writes it. No process and no event stands behind a net unless somebody asks for the event.
/// The reference that read() returns stays valid, so that sc_trace() works.
template <class T>
class Net final : public sc_core::sc_signal_in_if<T>, public sc_core::sc_object, WatchedNet {
 public:
  Net(const char* name, const T& slot, NetWatchList& watch_list)
      : sc_object(name), slot_(slot), watch_list_(watch_list) {}

  const char* kind() const override { return "net"; }
  const T& read() const override { return slot_; }
  const T& get_data_ref() const override { return slot_; }
  operator const T&() const { return slot_; }  // NOLINT: as sc_signal has it

  const sc_core::sc_event& value_changed_event() const override { return watched().event; }
  const sc_core::sc_event& default_event() const override { return watched().event; }
  /// True in the delta cycle after a change; the first call starts to watch.
  bool event() const override { return watched().event.triggered(); }

 private:
  struct Watch {
    explicit Watch(const T& value) : last(value) {}
    sc_core::sc_event event;
    T last;
  };

  Watch& watched() const {
    if (!watch_) {
      watch_ = std::make_unique<Watch>(slot_);
      watch_list_.add(const_cast<Net&>(*this));
    }
    return *watch_;
  }

  void notify_change() override {
    if (watch_->last != slot_) {
      watch_->last = slot_;
      watch_->event.notify(sc_core::SC_ZERO_TIME);
    }
  }

  const T& slot_;
  NetWatchList& watch_list_;
  mutable std::unique_ptr<Watch> watch_;
};

}  // namespace arrayflex::pin

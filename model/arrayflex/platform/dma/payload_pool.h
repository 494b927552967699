// A memory manager for generic payloads, as nb_transport requires.
#pragma once

#include <memory>
#include <tlm>
#include <vector>

namespace arrayflex::platform {

/// Recycles payloads: a payload returns when its last reference is released, without its automatic
/// extensions. Owns every payload it ever made.
class PayloadPool : public tlm::tlm_mm_interface {
 public:
  /// A payload with one reference.
  tlm::tlm_generic_payload& acquire() {
    if (free_.empty()) {
      all_.push_back(std::make_unique<tlm::tlm_generic_payload>(this));
      free_.push_back(all_.back().get());
    }
    tlm::tlm_generic_payload& payload = *free_.back();
    free_.pop_back();
    payload.acquire();
    return payload;
  }

  void free(tlm::tlm_generic_payload* payload) override {
    payload->reset();
    free_.push_back(payload);
  }

  /// Payloads somebody still holds.
  std::size_t in_use() const { return all_.size() - free_.size(); }

 private:
  std::vector<std::unique_ptr<tlm::tlm_generic_payload>> all_;
  std::vector<tlm::tlm_generic_payload*> free_;
};

}  // namespace arrayflex::platform

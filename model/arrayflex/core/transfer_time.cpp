#include "arrayflex/core/transfer_time.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace arrayflex {

std::int64_t femtoseconds(double ns) {
  return static_cast<std::int64_t>(std::floor(ns * 1e6 + 0.5));  // as sc_time does
}

TransferTimes::TransferTimes(const MemoryTiming& memory)
    : memory_(memory), burst_times_(kBurstTimes) {
  done_.resize(memory.max_outstanding);
}

std::size_t TransferTimes::KeyHash::operator()(const Key& key) const {
  std::uint64_t hash = 0;
  for (const std::uint64_t part : {key.phase, key.rows, key.row_bytes, key.stride}) {
    hash = (hash ^ part) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 32;
  }
  return static_cast<std::size_t>(hash);
}

TransferCost TransferTimes::cost_of(MemoryRows rows) {
  const bool is_exact = memory_.bursts.alignment != BurstAlignment::whole;
  if (memory_.is_ideal && is_exact) {
    return {0, static_cast<std::int64_t>(rows.rows * rows.row_bytes)};
  }
  rows.join();
  rows.address %= memory_.bursts.boundary_bytes;
  // Of a stride only its remainder matters: where the next row stands between two boundaries.
  rows.stride_bytes = rows.rows > 1 ? rows.stride_bytes % memory_.bursts.boundary_bytes : 0;
  const Key key{rows.address, rows.rows, rows.row_bytes, rows.stride_bytes};
  const auto [entry, is_new] = known_.try_emplace(key, TransferCost{});
  if (!is_new) return entry->second;
  begin();
  issue_rows(rows);
  entry->second = {memory_.is_ideal ? 0 : last_, bytes_};
  return entry->second;
}

std::int64_t TransferTimes::burst_fs(std::uint64_t bytes) {
  BurstTime& time = burst_times_[bytes % kBurstTimes];
  if (time.bytes != bytes) {
    time = {bytes, femtoseconds(static_cast<double>(bytes) / memory_.bytes_per_ns)};
  }
  return time.fs;
}

void TransferTimes::begin() {
  next_ = 0;
  bursts_ = 0;
  last_ = 0;
  bytes_ = 0;
}

void TransferTimes::issue(std::uint64_t bytes) {
  const std::int64_t issued = bursts_ < done_.size() ? 0 : done_[next_];
  last_ = std::max(last_, issued + memory_.latency_fs) + burst_fs(bytes);
  done_[next_] = last_;
  if (++next_ == done_.size()) next_ = 0;
  ++bursts_;
  bytes_ += static_cast<std::int64_t>(bytes);
}

void TransferTimes::issue_row(std::uint64_t address, std::uint64_t bytes) {
  while (bytes > 0) {
    const BurstCut burst = first_burst(address, bytes, memory_.bursts);
    issue(burst.bytes);
    address += burst.used_bytes;
    bytes -= burst.used_bytes;
  }
}

// The time until burst j depends on the max_outstanding bursts before it alone. Rows repeat: after
// some of them one begins at the same place between two boundaries. Once the bursts in flight stand
// to each other as they did some such rounds ago, everything repeats, and whole rounds are added
// without looking at their bursts. A round is looked for as R. Brent finds cycles: against the
// state after 1, 2, 4, ... rounds.
void TransferTimes::issue_rows(const MemoryRows& rows) {
  const std::uint64_t boundary = memory_.bursts.boundary_bytes;
  if (rows.rows == 1 && rows.row_bytes > 2 * boundary) {
    // A long row is rows from boundary to boundary.
    const std::uint64_t first = boundary - rows.address;
    const std::uint64_t rest = rows.row_bytes - first;
    issue_row(rows.address, first);
    issue_rows({0, rest / boundary, boundary, 0});
    issue_row(0, rest % boundary);
    return;
  }
  const std::uint64_t round = boundary / std::gcd(rows.stride_bytes, boundary);
  std::uint64_t rounds = 0, next_snapshot = 1, snapshot_row = 0;
  bool has_snapshot = false;
  for (std::uint64_t row = 0; row < rows.rows; ++row) {
    issue_row((rows.address + row * rows.stride_bytes) % boundary, rows.row_bytes);
    if ((row + 1) % round != 0 || bursts_ < done_.size()) continue;
    if (has_snapshot && is_as_remembered()) {
      const std::uint64_t repeats = (rows.rows - row - 1) / (row - snapshot_row);
      const auto skipped = static_cast<std::int64_t>(repeats) * (last_ - snapshot_last_);
      for (std::int64_t& done : done_) done += skipped;
      last_ += skipped;
      bytes_ += static_cast<std::int64_t>(repeats) * (bytes_ - snapshot_bytes_);
      row += repeats * (row - snapshot_row);
      has_snapshot = false;
      next_snapshot = rows.rows;  // less than a period is left
    } else if (++rounds == next_snapshot) {
      remember();
      snapshot_row = row;
      has_snapshot = true;
      next_snapshot *= 2;
    }
  }
}

bool TransferTimes::is_as_remembered() const {
  std::size_t place = next_;
  for (std::size_t i = done_.size(); i > 0; --i) {
    if (last_ - done_[place] != snapshot_[i - 1]) return false;
    if (++place == done_.size()) place = 0;
  }
  return true;
}

void TransferTimes::remember() {
  snapshot_.resize(done_.size());
  std::size_t place = next_;
  for (std::size_t i = done_.size(); i > 0; --i) {
    snapshot_[i - 1] = last_ - done_[place];
    if (++place == done_.size()) place = 0;
  }
  snapshot_last_ = last_;
  snapshot_bytes_ = bytes_;
}

}  // namespace arrayflex

#include "arrayflex/platform/job_descriptor.h"

#include <algorithm>

#include "arrayflex/core/error.h"
#include "arrayflex/core/latency.h"
#include "arrayflex/platform/little_endian.h"

namespace arrayflex::platform {

const std::vector<DescriptorFieldInfo>& descriptor_fields() {
  using F = DescriptorField;
  static const std::vector<DescriptorFieldInfo> fields{
      {F::magic, "MAGIC", 32, "0x444A4641, \"AFJD\" as bytes in memory"},
      {F::version, "VERSION", 32, "1"},
      {F::t, "T", 32, "rows of A and X, 1..MAX_T"},
      {F::n, "N", 32, "columns of A and rows of B, 1..2^31-1"},
      {F::m, "M", 32, "columns of B and X, 1..2^31-1"},
      {F::k, "K", 32, "collapse factor; 0: the fastest mode for this shape"},
      {F::flags, "FLAGS", 32,
       "bit 0 ACCUMULATE: X += A*B instead of X = A*B; bit 1 INTERRUPT: raise IRQ_STATUS.JOB_DONE "
       "when done; the rest 0"},
      {F::reserved, "RESERVED", 32, "0"},
      {F::a_address, "A_ADDRESS", 64, "address of A, T x N elements of DATA_WIDTH bits"},
      {F::a_stride, "A_STRIDE", 64, "bytes from one row of A to the next"},
      {F::b_address, "B_ADDRESS", 64, "address of B, N x M elements of DATA_WIDTH bits"},
      {F::b_stride, "B_STRIDE", 64, "bytes from one row of B to the next"},
      {F::x_address, "X_ADDRESS", 64, "address of X, T x M elements of ACC_WIDTH bits"},
      {F::x_stride, "X_STRIDE", 64, "bytes from one row of X to the next"},
      {F::next, "NEXT", 64, "address of the next descriptor of the chain; 0: none"},
      {F::reserved_tail, "RESERVED_TAIL", 320, "0"},
  };
  return fields;
}

namespace {

constexpr std::size_t at(DescriptorField field) { return static_cast<std::size_t>(field); }

void store_matrix(unsigned char* bytes, DescriptorField address, const MatrixLocation& matrix) {
  store_u64(bytes + at(address), matrix.address);
  store_u64(bytes + at(address) + 8, matrix.stride_bytes);
}

MatrixLocation load_matrix(const unsigned char* bytes, DescriptorField address) {
  return {load_u64(bytes + at(address)), load_u64(bytes + at(address) + 8)};
}

/// One operand while it is checked.
struct Operand {
  MatrixLocation where;
  std::uint64_t rows;
  std::uint64_t cols;
  std::uint64_t element_bytes;
  DescriptorField address_field;
  std::uint64_t last = 0;  ///< address of its last byte

  DescriptorField stride_field() const {
    return static_cast<DescriptorField>(static_cast<std::uint32_t>(address_field) + 8);
  }
};

class Validator {
 public:
  Validator(const JobDescriptor& descriptor, std::uint64_t base, const ArrayConfig& config)
      : d_(descriptor), base_(base), config_(config) {}

  std::optional<JobError> run(std::uint32_t max_t, ValidJob& job) {
    using Step = std::optional<JobError>;
    if (Step e = check_header()) return e;
    if (Step e = check_sizes(max_t)) return e;
    const auto data = static_cast<std::uint64_t>(config_.data_width_bits() / 8);
    const auto acc = static_cast<std::uint64_t>(config_.acc_width_bits() / 8);
    Operand a{d_.a, d_.t, d_.n, data, DescriptorField::a_address};
    Operand b{d_.b, d_.n, d_.m, data, DescriptorField::b_address};
    Operand x{d_.x, d_.t, d_.m, acc, DescriptorField::x_address};
    if (Step e = check_operand(a)) return e;
    if (Step e = check_operand(b)) return e;
    if (Step e = check_operand(x)) return e;
    if (overlap(x, a) || overlap(x, b)) {
      return error(ErrorCode::operand_overlap, DescriptorField::x_address);
    }
    job.shape = {d_.t, d_.n, d_.m};
    if (Step e = choose_mode(job)) return e;
    job.a = d_.a;
    job.b = d_.b;
    job.x = d_.x;
    job.accumulate = d_.accumulate();
    return std::nullopt;
  }

 private:
  JobError error(ErrorCode code, DescriptorField field) const { return {code, base_ + at(field)}; }

  std::optional<JobError> check_header() const {
    if (d_.magic != kDescriptorMagic) {
      return error(ErrorCode::descriptor_magic, DescriptorField::magic);
    }
    if (d_.version != kDescriptorVersion) {
      return error(ErrorCode::descriptor_version, DescriptorField::version);
    }
    if ((d_.flags & ~kFlagAll) != 0) {
      return error(ErrorCode::descriptor_reserved, DescriptorField::flags);
    }
    if (d_.reserved_bytes_set) {
      return error(ErrorCode::descriptor_reserved, DescriptorField::reserved);
    }
    return std::nullopt;
  }

  std::optional<JobError> check_sizes(std::uint32_t max_t) const {
    const std::array<std::pair<std::uint32_t, DescriptorField>, 3> sizes{
        {{d_.t, DescriptorField::t}, {d_.n, DescriptorField::n}, {d_.m, DescriptorField::m}}};
    for (const auto& [size, field] : sizes) {
      if (size == 0) return error(ErrorCode::size_zero, field);
      if (std::int64_t{size} > kMaxLayerDim) return error(ErrorCode::size_too_large, field);
    }
    if (d_.t > max_t) return error(ErrorCode::size_too_large, DescriptorField::t);
    return std::nullopt;
  }

  std::optional<JobError> check_operand(Operand& operand) const {
    if (operand.where.address % operand.element_bytes != 0) {
      return error(ErrorCode::address_misaligned, operand.address_field);
    }
    if (operand.where.stride_bytes % operand.element_bytes != 0) {
      return error(ErrorCode::stride_misaligned, operand.stride_field());
    }
    const std::uint64_t row_bytes = operand.cols * operand.element_bytes;
    if (operand.where.stride_bytes < row_bytes) {
      return error(ErrorCode::stride_too_small, operand.stride_field());
    }
    std::uint64_t span = 0;
    if (__builtin_mul_overflow(operand.rows - 1, operand.where.stride_bytes, &span) ||
        __builtin_add_overflow(span, row_bytes - 1, &span) ||
        __builtin_add_overflow(span, operand.where.address, &operand.last)) {
      return error(ErrorCode::address_overflow, operand.address_field);
    }
    return std::nullopt;
  }

  static bool overlap(const Operand& a, const Operand& b) {
    return a.where.address <= b.last && b.where.address <= a.last;
  }

  std::optional<JobError> choose_mode(ValidJob& job) const {
    try {
      if (d_.k == 0) {
        job.k = best_collapse_factor(config_, job.shape);
      } else {
        const auto& modes = config_.modes();
        const bool known = std::any_of(modes.begin(), modes.end(), [&](int mode) {
          return static_cast<std::uint32_t>(mode) == d_.k;
        });
        if (!known) return error(ErrorCode::collapse_factor, DescriptorField::k);
        job.k = static_cast<int>(d_.k);
      }
      if (!config_.period_ps(Design::arrayflex, job.k)) {
        return error(ErrorCode::collapse_factor, DescriptorField::k);
      }
      gemm_cycles(config_, job.shape, job.k);
    } catch (const InputError&) {
      return error(ErrorCode::collapse_factor, DescriptorField::k);
    } catch (const OverflowError&) {
      return error(ErrorCode::size_too_large, DescriptorField::t);
    }
    return std::nullopt;
  }

  const JobDescriptor& d_;
  std::uint64_t base_;
  const ArrayConfig& config_;
};

}  // namespace

DescriptorBytes encode(const JobDescriptor& d) {
  DescriptorBytes bytes{};
  unsigned char* p = bytes.data();
  store_u32(p + at(DescriptorField::magic), d.magic);
  store_u32(p + at(DescriptorField::version), d.version);
  store_u32(p + at(DescriptorField::t), d.t);
  store_u32(p + at(DescriptorField::n), d.n);
  store_u32(p + at(DescriptorField::m), d.m);
  store_u32(p + at(DescriptorField::k), d.k);
  store_u32(p + at(DescriptorField::flags), d.flags);
  store_matrix(p, DescriptorField::a_address, d.a);
  store_matrix(p, DescriptorField::b_address, d.b);
  store_matrix(p, DescriptorField::x_address, d.x);
  store_u64(p + at(DescriptorField::next), d.next);
  return bytes;
}

JobDescriptor decode(const DescriptorBytes& bytes) {
  const unsigned char* p = bytes.data();
  JobDescriptor d;
  d.magic = load_u32(p + at(DescriptorField::magic));
  d.version = load_u32(p + at(DescriptorField::version));
  d.t = load_u32(p + at(DescriptorField::t));
  d.n = load_u32(p + at(DescriptorField::n));
  d.m = load_u32(p + at(DescriptorField::m));
  d.k = load_u32(p + at(DescriptorField::k));
  d.flags = load_u32(p + at(DescriptorField::flags));
  d.a = load_matrix(p, DescriptorField::a_address);
  d.b = load_matrix(p, DescriptorField::b_address);
  d.x = load_matrix(p, DescriptorField::x_address);
  d.next = load_u64(p + at(DescriptorField::next));
  const auto tail = bytes.begin() + static_cast<std::ptrdiff_t>(at(DescriptorField::reserved_tail));
  d.reserved_bytes_set = load_u32(p + at(DescriptorField::reserved)) != 0 ||
                         std::any_of(tail, bytes.end(), [](unsigned char b) { return b != 0; });
  return d;
}

std::optional<JobError> validate(const JobDescriptor& descriptor, std::uint64_t descriptor_address,
                                 const ArrayConfig& config, std::uint32_t max_t, ValidJob& job) {
  return Validator(descriptor, descriptor_address, config).run(max_t, job);
}

}  // namespace arrayflex::platform

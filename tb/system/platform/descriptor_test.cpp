// Bad descriptors and chains, on both engines.
#include <functional>

#include "arrayflex/core/error.h"
#include "system/platform/fixture.h"

namespace arrayflex::platform::test {
namespace {

class DescriptorTest : public EngineTest {};
INSTANTIATE_TEST_SUITE_P(Platform, DescriptorTest, testing::ValuesIn(engines()), engine_test_name);

// One field of a good descriptor spoilt.
struct BadDescriptor {
  const char* name;
  std::function<void(JobDescriptor&)> spoil;
  ErrorCode code;
  DescriptorField field;
};

std::vector<BadDescriptor> bad_descriptors() {
  using D = JobDescriptor;
  using F = DescriptorField;
  const std::uint64_t top = ~std::uint64_t{0} - 7;
  return {
      {"magic", [](D& d) { d.magic ^= 1; }, ErrorCode::descriptor_magic, F::magic},
      {"version", [](D& d) { d.version = 2; }, ErrorCode::descriptor_version, F::version},
      {"flags", [](D& d) { d.flags |= 4; }, ErrorCode::descriptor_reserved, F::flags},
      {"T = 0", [](D& d) { d.t = 0; }, ErrorCode::size_zero, F::t},
      {"N = 0", [](D& d) { d.n = 0; }, ErrorCode::size_zero, F::n},
      {"M = 0", [](D& d) { d.m = 0; }, ErrorCode::size_zero, F::m},
      {"T too large", [](D& d) { d.t = (1U << 20) + 1; }, ErrorCode::size_too_large, F::t},
      {"N too large", [](D& d) { d.n = 1U << 31; }, ErrorCode::size_too_large, F::n},
      {"M too large", [](D& d) { d.m = ~0U; }, ErrorCode::size_too_large, F::m},
      {"k not a mode", [](D& d) { d.k = 3; }, ErrorCode::collapse_factor, F::k},
      {"k beyond any", [](D& d) { d.k = ~0U; }, ErrorCode::collapse_factor, F::k},
      {"X misaligned", [](D& d) { d.x.address += 2; }, ErrorCode::address_misaligned, F::x_address},
      {"X stride misaligned", [](D& d) { d.x.stride_bytes += 2; }, ErrorCode::stride_misaligned,
       F::x_stride},
      {"A stride small", [](D& d) { d.a.stride_bytes = d.n - 1; }, ErrorCode::stride_too_small,
       F::a_stride},
      {"B stride zero", [](D& d) { d.b.stride_bytes = 0; }, ErrorCode::stride_too_small,
       F::b_stride},
      {"A beyond 2^64", [=](D& d) { d.a.address = top; }, ErrorCode::address_overflow,
       F::a_address},
      {"B stride overflows", [=](D& d) { d.b.stride_bytes = top; }, ErrorCode::address_overflow,
       F::b_address},
      {"X on A", [](D& d) { d.x.address = d.a.address / 4 * 4; }, ErrorCode::operand_overlap,
       F::x_address},
      {"X on B", [](D& d) { d.x.address = d.b.address / 4 * 4; }, ErrorCode::operand_overlap,
       F::x_address},
  };
}

TEST_P(DescriptorTest, MalformedDescriptorsSetTheErrorAndNothingHangs) {
  Platform p(small_accelerator(GetParam()));
  Memory memory("memory", small_memory());
  p.accelerator.memory_socket.bind(memory.socket);
  const std::vector<BadDescriptor> cases = bad_descriptors();
  harness::run_in_thread([&] {
    std::mt19937_64 random(2);
    TestJob job(p.accelerator.config(), {{5, 6, 7}, 0}, random);
    std::uint64_t cursor = 0;
    job.place(memory.bytes(), kSmallMemoryBase, cursor);
    const JobDescriptor good = job.descriptor();
    for (const BadDescriptor& c : cases) {
      SCOPED_TRACE(c.name);
      job.descriptor() = good;
      c.spoil(job.descriptor());
      job.store(memory.bytes());
      p.ring(job.address());
      ASSERT_TRUE(p.wait_irq(sc_core::sc_time(1, sc_core::SC_US)));
      EXPECT_EQ(p.driver.read32(Register::error_code), static_cast<std::uint32_t>(c.code));
      EXPECT_EQ(p.driver.read64(Register::fault_address),
                job.address() + static_cast<std::uint32_t>(c.field));
      EXPECT_EQ(p.driver.read64(Register::fault_descriptor), job.address());
      p.clear_irq();
      EXPECT_EQ(p.driver.read32(Register::error_code), 0U);
      ASSERT_TRUE(p.wait_idle());
    }
    job.descriptor() = good;
    job.store(memory.bytes());
    run_clean_job(p, job, memory.bytes());
    EXPECT_EQ(p.driver.read32(Register::error_count), cases.size());
  });
}

TEST_P(DescriptorTest, DescriptorsAtBadAddressesAndWithReservedBytesAreRefused) {
  Platform p(small_accelerator(GetParam()));
  Memory memory("memory", small_memory());
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    std::mt19937_64 random(2);
    TestJob job(p.accelerator.config(), {{5, 6, 7}, 0}, random);
    std::uint64_t cursor = 0;
    job.place(memory.bytes(), kSmallMemoryBase, cursor);
    memory.bytes()[job.address() - kSmallMemoryBase + 0x7F] = 1;
    p.ring(job.address());
    ASSERT_TRUE(p.wait_irq());
    EXPECT_EQ(p.driver.read32(Register::error_code),
              static_cast<std::uint32_t>(ErrorCode::descriptor_reserved));
    p.clear_irq();
    job.store(memory.bytes());
    p.ring(job.address() + 4);
    ASSERT_TRUE(p.wait_irq());
    EXPECT_EQ(p.driver.read32(Register::error_code),
              static_cast<std::uint32_t>(ErrorCode::descriptor_misaligned));
    p.clear_irq();
    p.ring(~std::uint64_t{7});
    ASSERT_TRUE(p.wait_irq());
    EXPECT_EQ(p.driver.read32(Register::error_code),
              static_cast<std::uint32_t>(ErrorCode::address_overflow));
    p.clear_irq();
    run_clean_job(p, job, memory.bytes());
    EXPECT_EQ(p.driver.read32(Register::error_count), 3U);
  });
}

TEST_P(DescriptorTest, PointerLoopsAndEndlessChainsEnd) {
  AcceleratorParameters parameters = small_accelerator(GetParam());
  parameters.limits.chain_limit = 5;
  Platform p(parameters);
  Memory memory("memory", small_memory());
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    std::mt19937_64 random(2);
    const std::vector<JobOptions> six(6, JobOptions{{2, 3, 4}, 1, false, false});
    auto jobs = placed_jobs(p, memory.bytes(), six, random);
    const auto link = [&](std::size_t from, std::uint64_t to) {
      jobs[from].descriptor().next = to;
      jobs[from].store(memory.bytes());
    };
    const auto expect = [&](ErrorCode code, std::uint64_t descriptor, std::uint64_t done) {
      p.driver.write32(Register::control, kControlClearCounters);
      p.ring(jobs[0].address());
      ASSERT_TRUE(p.wait_irq());
      EXPECT_EQ(p.driver.read32(Register::error_code), static_cast<std::uint32_t>(code));
      EXPECT_EQ(p.driver.read64(Register::fault_descriptor), descriptor);
      EXPECT_EQ(p.driver.read64(Register::jobs_done), done);
      ASSERT_TRUE(p.wait_idle());
      p.clear_irq();
    };
    link(0, jobs[0].address());
    expect(ErrorCode::chain_loop, jobs[0].address(), 1);
    link(0, jobs[1].address());
    link(1, jobs[2].address());
    link(2, jobs[1].address());
    expect(ErrorCode::chain_loop, jobs[1].address(), 3);
    for (std::size_t i = 2; i < 5; ++i) link(i, jobs[i + 1].address());
    expect(ErrorCode::chain_too_long, jobs[5].address(), 5);
    link(3, jobs[4].address() + 2);
    expect(ErrorCode::descriptor_misaligned, jobs[4].address() + 2, 4);
    link(4, 0);
    link(3, jobs[4].address());
    p.ring(jobs[0].address());
    ASSERT_TRUE(p.wait_idle());
    p.expect_done();
    for (std::size_t i = 0; i < 5; ++i) jobs[i].expect_result(memory.bytes());
  });
}

}  // namespace
}  // namespace arrayflex::platform::test

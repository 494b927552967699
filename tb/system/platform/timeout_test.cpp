// Approximately timed targets that fall silent, and those that are only slow, on both engines.
#include <cstring>
#include <limits>

#include "arrayflex/core/error.h"
#include "system/platform/fixture.h"

namespace arrayflex::platform::test {
namespace {

constexpr std::uint64_t kBase = 0x1000;
constexpr double kTimeoutNs = 5000;

/// An approximately timed memory that can lose its voice and find it again.
class MoodyMemory : public sc_core::sc_module {
 public:
  enum class Mood {
    answers,
    accepts_only,  ///< END_REQ, but no response
    ignores,       ///< no phase at all
  };

  tlm_utils::simple_target_socket<MoodyMemory> socket{"socket"};
  std::vector<unsigned char> bytes = std::vector<unsigned char>(1U << 16);
  Mood mood = Mood::answers;
  std::size_t ignored_from =
      std::numeric_limits<std::size_t>::max();  ///< this transaction's number
  sc_core::sc_time latency{10, sc_core::SC_NS};
  std::size_t transactions = 0;

  explicit MoodyMemory(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
    socket.register_nb_transport_fw(this, &MoodyMemory::nb_transport_fw);
    SC_HAS_PROCESS(MoodyMemory);
    SC_THREAD(respond);
  }

  /// Transactions without a response.
  std::size_t waiting() const { return waiting_.size(); }
  /// Of the first transaction without a response.
  std::uint64_t first_address() const { return waiting_.front()->get_address(); }

  /// Answers everything that waits, with data nobody must use.
  void recover() {
    mood = Mood::answers;
    ignored_from = std::numeric_limits<std::size_t>::max();
    spoils_ = waiting_.size();
    wake_.notify(sc_core::SC_ZERO_TIME);
  }

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time&) {
    if (phase == tlm::END_RESP) {
      EXPECT_EQ(responding_, &payload);
      responding_ = nullptr;
      payload.release();
      wake_.notify(sc_core::SC_ZERO_TIME);
      return tlm::TLM_COMPLETED;
    }
    EXPECT_TRUE(phase == tlm::BEGIN_REQ);
    EXPECT_FALSE(request_pending_) << "request exclusion rule violated";
    payload.acquire();
    waiting_.push_back(&payload);
    const bool is_lost = transactions++ >= ignored_from;
    if (is_lost) mood = Mood::accepts_only;
    wake_.notify(sc_core::SC_ZERO_TIME);
    if (mood == Mood::ignores) {
      request_pending_ = true;
      return tlm::TLM_ACCEPTED;
    }
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }

  void respond() {
    for (;;) {
      while (mood != Mood::answers || waiting_.empty() || responding_ != nullptr) {
        sc_core::wait(wake_);
      }
      if (spoils_ == 0) sc_core::wait(latency);
      tlm::tlm_generic_payload& payload = *waiting_.front();
      waiting_.pop_front();
      execute(payload);
      request_pending_ = false;
      responding_ = &payload;
      tlm::tlm_phase phase = tlm::BEGIN_RESP;
      sc_core::sc_time delay;
      socket->nb_transport_bw(payload, phase, delay);
    }
  }

  void execute(tlm::tlm_generic_payload& payload) {
    unsigned char* at = bytes.data() + (payload.get_address() - kBase);
    if (spoils_ > 0) {
      --spoils_;
      // As late as this a write is no longer wanted, and a read finds what it finds.
      if (payload.is_read()) std::memset(payload.get_data_ptr(), 0xEE, payload.get_data_length());
    } else if (payload.is_read()) {
      std::memcpy(payload.get_data_ptr(), at, payload.get_data_length());
    } else {
      std::memcpy(at, payload.get_data_ptr(), payload.get_data_length());
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  std::deque<tlm::tlm_generic_payload*> waiting_;
  tlm::tlm_generic_payload* responding_ = nullptr;
  bool request_pending_ = false;
  std::size_t spoils_ = 0;
  sc_core::sc_event wake_;
};

class TimeoutTest : public EngineTest {
 protected:
  static AcceleratorParameters parameters(double response_timeout_ns = kTimeoutNs) {
    AcceleratorParameters p = small_accelerator(GetParam());
    p.dma.protocol = DmaProtocol::approximately_timed;
    p.dma.response_timeout_ns = response_timeout_ns;
    return p;
  }
  static TestJob job(const Platform& p, MoodyMemory& memory) {
    std::mt19937_64 random(91);
    TestJob result(p.accelerator.config(), {{6, 9, 11}, 2, true}, random);
    std::uint64_t cursor = 0;
    result.place(memory.bytes, kBase, cursor);
    return result;
  }
  static void expect_timeout(Platform& p, const MoodyMemory& memory) {
    const sc_core::sc_time start = sc_core::sc_time_stamp();
    ASSERT_TRUE(p.wait_irq(sc_core::sc_time(10 * kTimeoutNs, sc_core::SC_NS)));
    // The last phase may have come up to a look of the test before `start`.
    EXPECT_GE(sc_core::sc_time_stamp() - start, sc_core::sc_time(kTimeoutNs - 2, sc_core::SC_NS));
    EXPECT_EQ(p.driver.read32(Register::error_code),
              static_cast<std::uint32_t>(ErrorCode::bus_timeout));
    EXPECT_EQ(p.driver.read64(Register::fault_address), memory.first_address());
    p.settle();
    EXPECT_EQ(p.driver.read32(Register::status), kStatusIdle | kStatusError);
    p.clear_irq();
  }
};
INSTANTIATE_TEST_SUITE_P(Platform, TimeoutTest, testing::ValuesIn(engines()), engine_test_name);

TEST_P(TimeoutTest, SilenceAtEachTransactionIsReportedAndLateAnswersAreDropped) {
  Platform p(parameters());
  MoodyMemory memory("memory");
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    TestJob job = TimeoutTest::job(p, memory);
    run_clean_job(p, job, memory.bytes);
    p.clear_irq();
    const std::size_t count = memory.transactions;
    ASSERT_GT(count, 20U);
    for (std::size_t i = 0; i < count; ++i) {
      SCOPED_TRACE("transaction " + std::to_string(i));
      job.restore_x(memory.bytes);
      memory.ignored_from = memory.transactions + i;
      p.ring(job.address());
      while (memory.waiting() == 0 || memory.mood == MoodyMemory::Mood::answers) {
        sc_core::wait(1, sc_core::SC_NS);
      }
      expect_timeout(p, memory);
      EXPECT_LE(memory.waiting(), p.accelerator.parameters().dma.max_outstanding);
      // The answers come while the next job runs.
      memory.recover();
      job.restore_x(memory.bytes);
      run_clean_job(p, job, memory.bytes);
      EXPECT_EQ(memory.waiting(), 0U);
      p.clear_irq();
    }
    EXPECT_EQ(p.driver.read32(Register::error_count), count);
  });
}

TEST_P(TimeoutTest, RequestThatIsNotAcceptedBlocksLaterOnesUntilItIs) {
  Platform p(parameters());
  MoodyMemory memory("memory");
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    TestJob job = TimeoutTest::job(p, memory);
    memory.mood = MoodyMemory::Mood::ignores;
    for (int i = 0; i < 3; ++i) {
      p.ring(job.address());
      expect_timeout(p, memory);
      EXPECT_EQ(memory.first_address(), job.address());
      EXPECT_EQ(memory.transactions, 1U) << "no BEGIN_REQ before END_REQ of the one before";
    }
    memory.recover();
    sc_core::wait(1, sc_core::SC_NS);
    run_clean_job(p, job, memory.bytes);
  });
}

TEST_P(TimeoutTest, ResetOfASilentBusEndsWithTheTimeout) {
  Platform p(parameters());
  MoodyMemory memory("memory");
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread([&] {
    TestJob job = TimeoutTest::job(p, memory);
    for (const auto mood : {MoodyMemory::Mood::accepts_only, MoodyMemory::Mood::ignores}) {
      memory.mood = mood;
      p.ring(job.address());
      sc_core::wait(100, sc_core::SC_NS);
      p.driver.write32(Register::control, kControlSoftReset);
      EXPECT_EQ(p.driver.read32(Register::status), kStatusBusy) << "waits for what is in flight";
      ASSERT_TRUE(p.wait_idle(sc_core::sc_time(2 * kTimeoutNs, sc_core::SC_NS)));
      EXPECT_EQ(p.driver.read32(Register::status), kStatusIdle);
      EXPECT_EQ(p.driver.read32(Register::error_count), 0U);
      memory.recover();
      sc_core::wait(1, sc_core::SC_NS);
      run_clean_job(p, job, memory.bytes);
      p.clear_irq();
    }
  });
}

TEST_P(TimeoutTest, SlowMemoryIsNoSilentOne) {
  Platform p(parameters());
  MoodyMemory memory("memory");
  p.accelerator.memory_socket.bind(memory.socket);
  memory.latency = sc_core::sc_time(0.9 * kTimeoutNs, sc_core::SC_NS);
  harness::run_in_thread([&] {
    TestJob job = TimeoutTest::job(p, memory);
    p.ring(job.address());
    ASSERT_TRUE(p.wait_irq(sc_core::sc_time(10, sc_core::SC_MS)));
    p.expect_done();
    job.expect_result(memory.bytes);
    EXPECT_GT(p.accelerator.counters().time, 10 * sc_core::sc_time(kTimeoutNs, sc_core::SC_NS));
    p.settle();
    EXPECT_FALSE(sc_core::sc_pending_activity_at_future_time())
        << "a timeout that is no longer needed keeps the simulation from ending";
  });
}

TEST_P(TimeoutTest, WithoutATimeoutTheAcceleratorWaitsForever) {
  Platform p(parameters(0));
  MoodyMemory memory("memory");
  p.accelerator.memory_socket.bind(memory.socket);
  harness::run_in_thread(
      [&] {
        TestJob job = TimeoutTest::job(p, memory);
        memory.mood = MoodyMemory::Mood::accepts_only;
        p.ring(job.address());
        sc_core::wait(100, sc_core::SC_SEC);
        EXPECT_EQ(p.driver.read32(Register::status), kStatusBusy);
        memory.mood = MoodyMemory::Mood::answers;
        memory.recover();
        ASSERT_TRUE(p.wait_idle());
      },
      sc_core::sc_time(1000, sc_core::SC_SEC));
}

TEST(Timeout, DefaultIsOneSecond) {
  EXPECT_EQ(DmaParameters().response_timeout_ns, 1e9);
  for (const double bad : {-1.0, 1.1e12, std::numeric_limits<double>::quiet_NaN()}) {
    DmaParameters parameters;
    parameters.response_timeout_ns = bad;
    EXPECT_THROW(validate(parameters), InputError) << bad;
  }
}

}  // namespace
}  // namespace arrayflex::platform::test

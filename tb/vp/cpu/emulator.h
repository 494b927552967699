// RISC-V instructions, executed by Unicorn from host memory. No SystemC, no devices: whatever needs
// the platform stops the emulator at that instruction and is left to the caller.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

struct uc_struct;

namespace arrayflex::vp {

/// Memory that the emulator accesses directly; multiples of 4096 bytes.
struct HostMemory {
  std::uint64_t base;
  std::uint64_t size_bytes;
  unsigned char* data;
};

enum class StopReason {
  budget,      ///< at the start of a basic block: the budget is used up
  interrupt,   ///< at the start of a basic block: an interrupt can be taken
  data,        ///< `pc` accesses an address outside of the host memory; not executed
  fetch,       ///< `pc` itself is outside of the host memory
  misaligned,  ///< `pc` is an atomic instruction with a misaligned address; not executed
  illegal,     ///< `pc` is no instruction of this CPU; not executed
  system,      ///< `pc` is mret or accesses a CSR of the platform; not executed
  ecall,       ///< not executed
  ebreak,      ///< not executed
  wfi,         ///< executed; `pc` is the next instruction
};

struct Stop {
  StopReason reason;
  std::uint64_t pc;            ///< the next instruction to execute
  std::uint64_t instructions;  ///< executed by this run()
};

/// CSRs that the emulator keeps.
enum class Csr { mstatus, mie, mtvec, mscratch, mepc, mcause, mtval };

/// One hart, RV64IMAC, machine mode.
class Emulator {
 public:
  Emulator();
  ~Emulator();
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  /// At most this many regions can be mapped at a time.
  static constexpr std::size_t kMaxRegions = 3;

  /// Replaces the host memory. Must not be called while run() is active. Throws InputError for
  /// regions that overlap, are not made of whole pages, or are too many.
  void set_memory(const std::vector<HostMemory>& regions);
  const std::vector<HostMemory>& memory() const { return memory_; }

  /// Executes whole basic blocks until something stops it; one block at least, then as many as fit
  /// into the budget of instructions.
  Stop run(std::uint64_t budget);

  /// Interrupts that are pending, as bits of mip; run() stops before a block when one of them is
  /// enabled.
  void set_pending(std::uint64_t mip) { pending_ = mip; }
  /// The pending interrupts that mie and mstatus.MIE let through.
  std::uint64_t deliverable();

  std::uint64_t pc() const { return pc_; }
  void set_pc(std::uint64_t pc) { pc_ = pc; }
  std::uint64_t read_register(unsigned index) const;
  void write_register(unsigned index, std::uint64_t value);
  std::uint64_t read_csr(Csr csr) const;
  void write_csr(Csr csr, std::uint64_t value);

  /// The instruction at an address; empty outside of the host memory.
  std::optional<std::uint32_t> instruction_at(std::uint64_t address) const;

 private:
  /// Facts of a basic block, from its first execution on.
  struct Block {
    std::uint64_t address = ~std::uint64_t{0};
    std::uint32_t bytes = 0;
    std::uint32_t instructions = 0;
    std::uint64_t generation = 0;
    bool ends_with_fence = false;   ///< fence.i: what follows may be new code
    bool ends_with_system = false;  ///< mret or a CSR of the platform
  };
  struct EngineDeleter {
    void operator()(uc_struct* engine) const;
  };
  static constexpr std::size_t kBlocks = 8192;

  static void on_block(uc_struct* engine, std::uint64_t address, std::uint32_t bytes, void* self);
  static void on_system(uc_struct* engine, std::uint64_t address, std::uint32_t bytes, void* self);
  static void on_exception(uc_struct* engine, std::uint32_t cause, void* self);

  void enter_block(std::uint64_t address, std::uint32_t bytes);
  void scan(Block& block);
  void stop(StopReason reason, std::uint64_t pc);
  void start_engine();
  void add_hooks();
  void intercept();
  void map_everything();
  void protect();
  void write_protection(unsigned csr, std::uint64_t value);
  std::uint64_t count_instructions(std::uint64_t first, std::uint64_t last) const;
  Stop finish(int error);
  std::uint64_t read(int unicorn_register) const;
  void write(int unicorn_register, std::uint64_t value);

  std::unique_ptr<uc_struct, EngineDeleter> engine_;
  std::vector<HostMemory> memory_;
  std::uint64_t pc_ = 0;
  std::uint64_t pending_ = 0;
  std::uint64_t budget_ = 0;
  std::uint64_t executed_ = 0;       ///< by the blocks before the running one
  std::uint64_t block_address_ = 0;  ///< of the running block
  std::uint32_t block_instructions_ = 0;
  std::optional<StopReason> reason_;  ///< why the emulator was told to stop
  std::uint64_t stop_pc_ = 0;
  bool refused_ = false;          ///< an access passed the protection
  std::uint64_t generation_ = 1;  ///< of the code; blocks scanned before are scanned again
  std::vector<Block> blocks_;
  std::unordered_set<std::uint64_t> system_addresses_;  ///< that have a hook
  std::optional<Block> to_intercept_;  ///< ends with a system instruction that has no hook yet
};

}  // namespace arrayflex::vp

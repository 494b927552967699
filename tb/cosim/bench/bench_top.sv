// An array behind registered inputs, the way that suits Verilator: what changes with the clock at a
// top-level port would make it evaluate the array's combinational logic twice per cycle.
// BENCH_ARRAY, a macro, is the module to measure.
module bench_top #(
    parameter int ROWS = 128,
    parameter int COLS = 128,
    parameter int DATA_WIDTH = 32,
    parameter int ACC_WIDTH = 64
) (
    input logic clk,
    input logic rst,

    input logic [ 5:0] mode,
    input logic        start,
    input logic [31:0] t_count,

    input  logic [ROWS*DATA_WIDTH-1:0] west,
    input  logic [COLS*DATA_WIDTH-1:0] north,
    output logic [ COLS*ACC_WIDTH-1:0] south,
    output logic                       output_valid
);
  logic start_q;
  logic [31:0] t_count_q;
  logic [ROWS*DATA_WIDTH-1:0] west_q;
  logic [COLS*DATA_WIDTH-1:0] north_q;
  always_ff @(posedge clk) begin
    start_q   <= start;
    t_count_q <= t_count;
    west_q    <= west;
    north_q   <= north;
  end

  logic unused_ready, unused_load_ready;
  logic [1:0] unused_phase;
  logic [31:0] unused_phase_cycle, unused_load_cycle, unused_output_row;

  `BENCH_ARRAY #(
      .ROWS(ROWS),
      .COLS(COLS),
      .DATA_WIDTH(DATA_WIDTH),
      .ACC_WIDTH(ACC_WIDTH)
  ) dut (
`ifndef BENCH_CONVENTIONAL
      .mode,
`endif
      .clk,
      .rst,
      .load_start(1'b0),
      .load_ready(unused_load_ready),
      .start(start_q),
      .t_count(t_count_q),
      .ready(unused_ready),
      .phase(unused_phase),
      .phase_cycle(unused_phase_cycle),
      .load_cycle(unused_load_cycle),
      .west(west_q),
      .north(north_q),
      .south,
      .output_valid,
      .output_row(unused_output_row)
  );

`ifdef BENCH_CONVENTIONAL
  logic unused_mode;
  assign unused_mode = &mode;
`endif
endmodule

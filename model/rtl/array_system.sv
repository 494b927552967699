// ArrayFlex: controller and array.
//
// Without overlap, per tile: `start` with t_count while `ready` is on; in load cycle l weight row ROWS-1-l at the
// north edge, in stream cycle s < t_count row s of A at the west edge, zeros otherwise (`phase` and
// `phase_cycle` say which cycle it is). Row `output_row` of the partial sums is at the south edge
// while `output_valid` is on.
//
// With overlap, per tile: `load_start` while `load_ready` is on, and from the tile's last load cycle
// on `start` with t_count while `ready` is on. The load begins at the earliest as the tile before it
// begins to stream, the stream when that has ended (OVERLAP 1) or when its last row has entered (2).
// `load_cycle` counts the load, while phase bit 0 is on; `phase_cycle` the latest stream, while bit 1
// is. With OVERLAP 2 column c takes its weights h(c) cycles later, as it does its operands.
module array_system #(
    parameter int ROWS = 4,
    parameter int COLS = 4,
    parameter int DATA_WIDTH = 32,
    parameter int ACC_WIDTH = 64,
    parameter int OVERLAP = 0,  // tiles: 0 one after the other, 1 load, 2 full overlap
    // Bit k stands for collapse factor k: the modes that the array can be switched to.
    parameter bit [63:0] MODES = 64'h16,
    parameter int COUNT_WIDTH = 32,
    localparam int ModeWidth = 6,
    localparam int SkewDepthWidth = ROWS > 1 ? $clog2(ROWS) : 1,
    localparam int DeskewDepthWidth = COLS > 1 ? $clog2(COLS) : 1
) (
    input logic clk,
    input logic rst,  // asynchronous, active high

    input  logic [  ModeWidth-1:0] mode,     // k, one of MODES; may change in reset only
    input  logic                   load_start,  // with overlap: starts a tile's load, `load_ready` on
    output logic                   load_ready,
    input  logic                   start,    // starts a tile at a clock edge with `ready` on
    input  logic [COUNT_WIDTH-1:0] t_count,  // rows of A in this tile, at least 1
    output logic                   ready,

    output logic [            1:0] phase,        // 0 idle, 1 load, 2 stream, 3 both
    output logic [COUNT_WIDTH-1:0] phase_cycle,  // 0-based cycle of the phase, or of the stream
    output logic [COUNT_WIDTH-1:0] load_cycle,   // 0-based cycle of the load

    input  logic [ROWS*DATA_WIDTH-1:0] west,
    input  logic [COLS*DATA_WIDTH-1:0] north,
    output logic [ COLS*ACC_WIDTH-1:0] south,
    output logic                       output_valid,
    output logic [    COUNT_WIDTH-1:0] output_row
);
  logic weight_enable, weight_select, pipeline_enable, unused_drain;
  logic [2*ROWS*COLS-1:0] bank_enable;
  logic [ROWS-1:0] psum_enable, bottom;
  logic [COLS-1:0] operand_enable, operand_boundary;
  logic [ROWS*SkewDepthWidth-1:0] skew_depth;
  logic [COLS*DeskewDepthWidth-1:0] deskew_depth;

  controller #(
      .ROWS(ROWS),
      .COLS(COLS),
      .OVERLAP(OVERLAP),
      .MODES(MODES),
      .MODE_WIDTH(ModeWidth),
      .COUNT_WIDTH(COUNT_WIDTH),
      .SKEW_DEPTH_WIDTH(SkewDepthWidth),
      .DESKEW_DEPTH_WIDTH(DeskewDepthWidth)
  ) controller (
      .drain(unused_drain),
      .*
  );

  systolic_array #(
      .ROWS(ROWS),
      .COLS(COLS),
      .OVERLAP(OVERLAP),
      .DATA_WIDTH(DATA_WIDTH),
      .ACC_WIDTH(ACC_WIDTH),
      .SKEW_DEPTH_WIDTH(SkewDepthWidth),
      .DESKEW_DEPTH_WIDTH(DeskewDepthWidth)
  ) array (
      .*
  );
endmodule

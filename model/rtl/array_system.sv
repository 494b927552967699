// ArrayFlex: controller and array.
//
// Per tile: `start` with t_count while `ready` is on; in load cycle l weight row ROWS-1-l at the
// north edge, in stream cycle s < t_count row s of A at the west edge, zeros otherwise (`phase` and
// `phase_cycle` say which cycle it is). Row `output_row` of the partial sums is at the south edge
// while `output_valid` is on.
module array_system #(
    parameter int ROWS = 4,
    parameter int COLS = 4,
    parameter int DATA_WIDTH = 32,
    parameter int ACC_WIDTH = 64,
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
    input  logic                   start,    // starts a tile at a clock edge with `ready` on
    input  logic [COUNT_WIDTH-1:0] t_count,  // rows of A in this tile, at least 1
    output logic                   ready,

    output logic [            1:0] phase,        // 0 idle, 1 load, 2 stream
    output logic [COUNT_WIDTH-1:0] phase_cycle,  // 0-based cycle of the phase

    input  logic [ROWS*DATA_WIDTH-1:0] west,
    input  logic [COLS*DATA_WIDTH-1:0] north,
    output logic [ COLS*ACC_WIDTH-1:0] south,
    output logic                       output_valid,
    output logic [    COUNT_WIDTH-1:0] output_row
);
  logic weight_enable, pipeline_enable, unused_drain;
  logic [ROWS-1:0] psum_enable, bottom;
  logic [COLS-1:0] operand_enable, operand_boundary;
  logic [ROWS*SkewDepthWidth-1:0] skew_depth;
  logic [COLS*DeskewDepthWidth-1:0] deskew_depth;

  controller #(
      .ROWS(ROWS),
      .COLS(COLS),
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
      .DATA_WIDTH(DATA_WIDTH),
      .ACC_WIDTH(ACC_WIDTH),
      .SKEW_DEPTH_WIDTH(SkewDepthWidth),
      .DESKEW_DEPTH_WIDTH(DeskewDepthWidth)
  ) array (
      .*
  );
endmodule

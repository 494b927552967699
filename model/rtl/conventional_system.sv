// The conventional array with its controller; used as array_system, without modes.
module conventional_system #(
    parameter int ROWS = 4,
    parameter int COLS = 4,
    parameter int DATA_WIDTH = 32,
    parameter int ACC_WIDTH = 64,
    parameter int OVERLAP = 0,  // tiles: 0 one after the other, 1 load, 2 full overlap
    parameter int COUNT_WIDTH = 32,
    localparam int ModeWidth = 1,
    localparam int SkewDepthWidth = ROWS > 1 ? $clog2(ROWS) : 1,
    localparam int DeskewDepthWidth = COLS > 1 ? $clog2(COLS) : 1
) (
    input logic clk,
    input logic rst,  // asynchronous, active high

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
  logic [ROWS-1:0] psum_enable, unused_bottom;
  logic [COLS-1:0] operand_enable, unused_boundary;
  logic [ROWS*SkewDepthWidth-1:0] unused_skew_depth;
  logic [COLS*DeskewDepthWidth-1:0] unused_deskew_depth;

  controller #(
      .ROWS(ROWS),
      .COLS(COLS),
      .OVERLAP(OVERLAP),
      .MODES(64'h2),  // k = 1
      .MODE_WIDTH(ModeWidth),
      .COUNT_WIDTH(COUNT_WIDTH),
      .SKEW_DEPTH_WIDTH(SkewDepthWidth),
      .DESKEW_DEPTH_WIDTH(DeskewDepthWidth)
  ) controller (
      .mode(1'b1),
      .drain(unused_drain),
      .bottom(unused_bottom),
      .operand_boundary(unused_boundary),
      .skew_depth(unused_skew_depth),
      .deskew_depth(unused_deskew_depth),
      .*
  );

  conventional_array #(
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

// The controller: load/stream/idle state machine, mode select, clock enables.
//
// With OVERLAP 0 a tile takes ROWS load cycles, then t_count + G + H - 2 stream cycles, where G and H are the
// numbers of row and column groups in mode k. One drain cycle follows, in which the pipeline is
// clocked once more; it overlaps with the next tile's first load cycle, or with an idle cycle. With
// overlap the state machine is overlap_sequencer.
module controller #(
    parameter int ROWS = 4,
    parameter int COLS = 4,
    // Bit k stands for collapse factor k: the modes that the array can be switched to.
    parameter bit [63:0] MODES = 64'h16,
    parameter int OVERLAP = 0,  // 0 none, 1 load, 2 full
    parameter int MODE_WIDTH = 6,
    parameter int COUNT_WIDTH = 32,  // of t_count and the cycle counters
    parameter int SKEW_DEPTH_WIDTH = 2,   // holds ROWS - 1
    parameter int DESKEW_DEPTH_WIDTH = 2  // holds COLS - 1
) (
    input logic clk,
    input logic rst,  // asynchronous, active high

    input  logic [ MODE_WIDTH-1:0] mode,     // k, one of MODES; may change in reset only
    input  logic                   load_start,  // with overlap: starts a load, `load_ready` on
    output logic                   load_ready,
    input  logic                   start,    // starts a tile at a clock edge with `ready` on
    input  logic [COUNT_WIDTH-1:0] t_count,  // rows of A in this tile, at least 1
    output logic                   ready,

    output logic [            1:0] phase,         // bit 0 load, bit 1 stream
    output logic [COUNT_WIDTH-1:0] phase_cycle,   // 0-based cycle of the phase, or of the stream
    output logic [COUNT_WIDTH-1:0] load_cycle,    // 0-based cycle of the load
    output logic                   drain,         // the cycle after the stream phase
    output logic                   output_valid,  // a row of X is at the array's south edge
    output logic [COUNT_WIDTH-1:0] output_row,    // its number

    output logic                               weight_enable,  // load phase
    output logic [            2*ROWS*COLS-1:0] bank_enable,    // with overlap: per PE and bank
    output logic                               weight_select,  // on: bank 0
    output logic                               pipeline_enable,
    output logic [                   ROWS-1:0] psum_enable,
    output logic [                   COLS-1:0] operand_enable,
    output logic [                   ROWS-1:0] bottom,
    output logic [                   COLS-1:0] operand_boundary,
    output logic [  ROWS*SKEW_DEPTH_WIDTH-1:0] skew_depth,
    output logic [COLS*DESKEW_DEPTH_WIDTH-1:0] deskew_depth
);
  // Tables of the mode: constants, one row per mode.
  logic [COUNT_WIDTH-1:0] fill_cycles;  // G + H - 1, from the first operand to the first sum
  logic [COLS-1:0] boundary;
  always_comb begin
    fill_cycles = '0;
    bottom = '0;
    boundary = '0;
    skew_depth = '0;
    deskew_depth = '0;
    for (int k = 1; k <= 63; k++) begin
      if (MODES[k] && mode == MODE_WIDTH'(k)) begin
        fill_cycles = COUNT_WIDTH'((ROWS + k - 1) / k + (COLS + k - 1) / k - 1);
        for (int r = 0; r < ROWS; r++) begin
          bottom[r] = (r + 1) % k == 0 || r == ROWS - 1;
          skew_depth[r*SKEW_DEPTH_WIDTH+:SKEW_DEPTH_WIDTH] = SKEW_DEPTH_WIDTH'(r / k);
        end
        for (int c = 0; c < COLS; c++) begin
          boundary[c] = (c + 1) % k == 0 && c != COLS - 1;
          deskew_depth[c*DESKEW_DEPTH_WIDTH+:DESKEW_DEPTH_WIDTH] =
              DESKEW_DEPTH_WIDTH'((COLS + k - 1) / k - 1 - c / k);
        end
      end
    end
  end

  // The state machine.
  if (OVERLAP == 0) begin : tile_by_tile
    localparam logic [1:0] Idle = 2'd0;
    localparam logic [1:0] Load = 2'd1;
    localparam logic [1:0] Stream = 2'd2;

    logic [COUNT_WIDTH-1:0] stream_cycles;
    logic phase_ends;
    always_comb begin
      case (phase)
        Load: phase_ends = phase_cycle == COUNT_WIDTH'(ROWS - 1);
        Stream: phase_ends = phase_cycle == stream_cycles - 1'b1;
        default: phase_ends = 1'b1;
      endcase
    end
    assign ready = phase_ends && phase != Load;

    always_ff @(posedge clk or posedge rst) begin
      if (rst) begin
        phase <= Idle;
        phase_cycle <= '0;
        stream_cycles <= '0;
        drain <= 1'b0;
      end else begin
        drain <= phase == Stream && phase_ends;
        phase_cycle <= phase_ends ? '0 : phase_cycle + 1'b1;
        if (phase == Load && phase_ends) phase <= Stream;
        if (ready) phase <= start ? Load : Idle;
        if (ready && start) stream_cycles <= t_count + fill_cycles - 1'b1;
      end
    end

    // Rows of X leave the array one per cycle, the last one in the drain cycle.
    assign output_valid = drain || (phase == Stream && phase_cycle >= fill_cycles);
    always_ff @(posedge clk or posedge rst) begin
      if (rst) output_row <= '0;
      else if (output_valid) output_row <= drain ? '0 : output_row + 1'b1;
    end

    logic unused;
    assign unused = &{1'b0, load_start};
    assign load_ready = 1'b0;
    assign load_cycle = phase == Load ? phase_cycle : '0;
    assign bank_enable = '0;
    assign weight_select = 1'b0;
  end else begin : overlapped
    logic load_bank;
    overlap_sequencer #(
        .ROWS(ROWS),
        .COLS(COLS),
        .OVERLAP(OVERLAP),
        .COUNT_WIDTH(COUNT_WIDTH)
    ) sequencer (
        .loading(phase[0]),
        .streaming(phase[1]),
        .*
    );

    // Column group 0 has the most de-skew registers in use, each further group one less.
    logic [COLS*DESKEW_DEPTH_WIDTH-1:0] column_group;
    for (genvar c = 0; c < COLS; c++) begin : column
      assign column_group[c*DESKEW_DEPTH_WIDTH+:DESKEW_DEPTH_WIDTH] =
          deskew_depth[0+:DESKEW_DEPTH_WIDTH] -
          deskew_depth[c*DESKEW_DEPTH_WIDTH+:DESKEW_DEPTH_WIDTH];
    end
    bank_enables #(
        .ROWS(ROWS),
        .COLS(COLS),
        .DELAYED(OVERLAP == 2),
        .COUNT_WIDTH(COUNT_WIDTH),
        .GROUP_WIDTH(DESKEW_DEPTH_WIDTH)
    ) enables (
        .loading(phase[0]),
        .*
    );
  end

  // Clock enables.
  assign weight_enable = phase[0];
  assign pipeline_enable = phase[1] || drain;
  assign psum_enable = pipeline_enable ? bottom : '0;
  assign operand_enable = pipeline_enable ? boundary : '0;
  // There is no operand register east of the last column: its mux selects a constant zero.
  assign operand_boundary = boundary | (COLS'(1) << (COLS - 1));
endmodule

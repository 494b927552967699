// FOR SPEED ONLY: ArrayFlex in the form that Verilator turns into the fastest program. The
// reference design is array_system; this has the same ports, results and timing, but neither its registers
// nor its nets: one clocked block, loops over rows and columns, state updated in place from the
// bottom row group up, plain adders for the carry-save tree, ring buffers for the skew. Its tiles do
// not overlap.
//
// Temporaries are declared, and written, at the head of the block, counters are `int unsigned`: so
// they become local variables of machine size.

// verilator lint_off BLKSEQ
// verilator lint_off UNUSEDSIGNAL
module array_system_loops #(
    parameter int unsigned ROWS = 4,
    parameter int unsigned COLS = 4,
    parameter int unsigned DATA_WIDTH = 32,
    parameter int unsigned ACC_WIDTH = 64,
    parameter bit [63:0] MODES = 64'h16,
    parameter int unsigned COUNT_WIDTH = 32,
    localparam int unsigned ModeWidth = 6,
    localparam int unsigned SkewDepthWidth = ROWS > 1 ? $clog2(ROWS) : 1,
    localparam int unsigned DeskewDepthWidth = COLS > 1 ? $clog2(COLS) : 1,
    localparam int unsigned Ring = 1 << $clog2((ROWS > COLS ? ROWS : COLS) + 1)
) (
    input logic clk,
    input logic rst,

    input  logic [  ModeWidth-1:0] mode,
    input  logic                   load_start,
    output logic                   load_ready,
    input  logic                   start,
    input  logic [COUNT_WIDTH-1:0] t_count,
    output logic                   ready,

    output logic [            1:0] phase,
    output logic [COUNT_WIDTH-1:0] phase_cycle,
    output logic [COUNT_WIDTH-1:0] load_cycle,

    input  logic [ROWS*DATA_WIDTH-1:0] west,
    input  logic [COLS*DATA_WIDTH-1:0] north,
    output logic [ COLS*ACC_WIDTH-1:0] south,
    output logic                       output_valid,
    output logic [    COUNT_WIDTH-1:0] output_row
);
  logic weight_enable, pipeline_enable, unused_drain, unused_select;
  logic [2*ROWS*COLS-1:0] unused_bank_enable;
  logic [ROWS-1:0] unused_psum_enable, unused_bottom;
  logic [COLS-1:0] unused_operand_enable, unused_boundary;
  logic [ROWS*SkewDepthWidth-1:0] unused_skew_depth;
  logic [COLS*DeskewDepthWidth-1:0] unused_deskew_depth;

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
      .psum_enable(unused_psum_enable),
      .operand_enable(unused_operand_enable),
      .bottom(unused_bottom),
      .operand_boundary(unused_boundary),
      .bank_enable(unused_bank_enable),
      .weight_select(unused_select),
      .skew_depth(unused_skew_depth),
      .deskew_depth(unused_deskew_depth),
      .*
  );

  logic signed [DATA_WIDTH-1:0] weight[ROWS][COLS];
  logic signed [DATA_WIDTH-1:0] operand[ROWS][COLS];  // of each multiplier, but in column group 0
  // Row r + 1 holds psum_reg of PE row r, at the bottom of a row group; row 0 stays zero.
  logic signed [ACC_WIDTH-1:0] psum[ROWS+1][COLS];
  logic signed [DATA_WIDTH-1:0] west_ring[Ring][ROWS];
  logic signed [ACC_WIDTH-1:0] south_ring[Ring][COLS];
  int unsigned slot;  // of the rings: this cycle

  always @(posedge clk or posedge rst) begin : step
    int unsigned r, c, k, group, first, above, bottom, last, from;
    logic signed [DATA_WIDTH-1:0] a;
    r = 0;
    c = 0;
    k = 32'(mode);
    group = 0;
    first = 0;
    above = 0;
    bottom = 0;
    last = 0;
    from = 0;
    a = 0;

    if (rst) begin
      slot = 0;
      for (r = 0; r < ROWS; r = r + 1) begin
        for (c = 0; c < COLS; c = c + 1) begin
          weight[r][c] = 0;
          operand[r][c] = 0;
          psum[r][c] = 0;
        end
      end
      for (c = 0; c < COLS; c = c + 1) psum[ROWS][c] = 0;
      for (r = 0; r < Ring; r = r + 1) begin
        for (c = 0; c < ROWS; c = c + 1) west_ring[r][c] = 0;
        for (c = 0; c < COLS; c = c + 1) south_ring[r][c] = 0;
      end
      south = 0;
    end else begin
      if (weight_enable) begin
        for (r = ROWS - 1; r > 0; r = r - 1) begin
          for (c = 0; c < COLS; c = c + 1) weight[r][c] = weight[r-1][c];
        end
        for (c = 0; c < COLS; c = c + 1) weight[0][c] = north[c*DATA_WIDTH+:DATA_WIDTH];
      end

      if (pipeline_enable) begin
        slot = (slot + 1) % Ring;
        for (r = 0; r < ROWS; r = r + 1) west_ring[slot][r] = west[r*DATA_WIDTH+:DATA_WIDTH];
        for (c = 0; c < COLS; c = c + 1) south_ring[slot][c] = psum[ROWS][c];

        // Column group 0 multiplies what leaves the skew buffer.
        for (r = 0; r < ROWS; r = r + 1) begin
          a = west_ring[(slot - r / k) % Ring][r];
          for (c = 0; c < k; c = c + 1) operand[r][c] = a;
        end

        // Partial sums, from the bottom row group up: each takes its upper neighbour's old ones.
        // From east to west: each operand is taken before its western neighbour's replaces it.
        for (group = (ROWS + k - 1) / k; group > 0; group = group - 1) begin
          first = (group - 1) * k;
          bottom = first + k < ROWS ? first + k : ROWS;
          above = first;
          for (r = first; r < bottom; r = r + 1) begin
            for (c = COLS - 1; c >= k; c = c - 1) begin
              psum[bottom][c] =
                  psum[above][c] + ACC_WIDTH'(operand[r][c]) * ACC_WIDTH'(weight[r][c]);
              operand[r][c] = operand[r][c-k];
            end
            for (c = 0; c < k; c = c + 1)
              psum[bottom][c] =
                  psum[above][c] + ACC_WIDTH'(operand[r][c]) * ACC_WIDTH'(weight[r][c]);
            above = bottom;
          end
        end
      end

      // South edge: as many cycles back as de-skew registers are in use.
      last = (COLS - 1) / k;
      for (c = 0; c < COLS; c = c + 1) begin
        from = last - c / k;
        south[c*ACC_WIDTH+:ACC_WIDTH] =
            from == 0 ? psum[ROWS][c] : south_ring[(slot-(from-1)) % Ring][c];
      end
    end
  end
endmodule

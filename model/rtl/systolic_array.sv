// ArrayFlex's array: PEs, skew and de-skew buffers, and their wiring. Row 0 is north, column 0
// west. Vectors of several rows or columns hold number 0 in their low bits.
//
// PE (r, c) is row[r].column[c].pe, the buffers are skew[r].buffer and deskew[c].buffer.
module systolic_array #(
    parameter int ROWS = 4,
    parameter int COLS = 4,
    parameter int DATA_WIDTH = 32,
    parameter int ACC_WIDTH = 64,
    parameter int OVERLAP = 0,  // 0 none, 1 load, 2 full
    parameter int SKEW_DEPTH_WIDTH = 2,   // holds ROWS - 1
    parameter int DESKEW_DEPTH_WIDTH = 2  // holds COLS - 1
) (
    input logic clk,
    input logic rst,  // asynchronous, active high: every register becomes 0

    input logic                               weight_enable,     // weight registers
    input logic [            2*ROWS*COLS-1:0] bank_enable,       // per PE and bank; with overlap
    input logic                               weight_select,     // on: bank 0; with overlap
    input logic                               pipeline_enable,   // skew and de-skew buffers
    input logic [                   ROWS-1:0] psum_enable,       // per row
    input logic [                   COLS-1:0] operand_enable,    // per column
    input logic [                   ROWS-1:0] bottom,            // bottom row of a row group
    input logic [                   COLS-1:0] operand_boundary,  // a column group ends here
    input logic [  ROWS*SKEW_DEPTH_WIDTH-1:0] skew_depth,        // skew registers in use
    input logic [COLS*DESKEW_DEPTH_WIDTH-1:0] deskew_depth,      // de-skew registers in use

    input  logic [ROWS*DATA_WIDTH-1:0] west,   // A[t][r], before the skew buffer
    input  logic [COLS*DATA_WIDTH-1:0] north,  // weights, load phase
    output logic [ COLS*ACC_WIDTH-1:0] south   // X[t][c], behind the de-skew buffer
);
  for (genvar r = 0; r < ROWS; r++) begin : skew
    logic [DATA_WIDTH-1:0] out;
    skew_buffer #(
        .WIDTH(DATA_WIDTH),
        .LENGTH(r),
        .DEPTH_WIDTH(SKEW_DEPTH_WIDTH)
    ) buffer (
        .clk,
        .rst,
        .enable(pipeline_enable),
        .depth(skew_depth[r*SKEW_DEPTH_WIDTH+:SKEW_DEPTH_WIDTH]),
        .in(west[r*DATA_WIDTH+:DATA_WIDTH]),
        .out
    );
  end

  // With full overlap the select of the weights comes to each row with its operands.
  for (genvar r = 0; r < ROWS; r++) begin : select
    logic out;
    if (OVERLAP == 2) begin : skewed
      skew_buffer #(
          .WIDTH(1),
          .LENGTH(r),
          .DEPTH_WIDTH(SKEW_DEPTH_WIDTH)
      ) buffer (
          .clk,
          .rst,
          .enable(pipeline_enable),
          .depth(skew_depth[r*SKEW_DEPTH_WIDTH+:SKEW_DEPTH_WIDTH]),
          .in(weight_select),
          .out
      );
    end else begin : common
      assign out = weight_select;
    end
  end

  for (genvar r = 0; r < ROWS; r++) begin : row
    for (genvar c = 0; c < COLS; c++) begin : column
      logic [DATA_WIDTH-1:0] operand_in, weight_in, operand_out, weight_out;
      logic [DATA_WIDTH-1:0] weight1_in, weight1_out;
      logic weight_select_in, weight_select_out;
      logic [ACC_WIDTH-1:0] sum_in, carry_in, sum_out, carry_out;

      if (c == 0) begin : west_edge
        assign operand_in = skew[r].out;
        assign weight_select_in = select[r].out;
      end else begin : west_neighbour
        assign operand_in = row[r].column[c-1].operand_out;
        assign weight_select_in = row[r].column[c-1].weight_select_out;
      end

      if (r == 0) begin : north_edge
        assign weight_in = north[c*DATA_WIDTH+:DATA_WIDTH];
        assign weight1_in = north[c*DATA_WIDTH+:DATA_WIDTH];
        assign sum_in = '0;
        assign carry_in = '0;
      end else begin : north_neighbour
        assign weight_in = row[r-1].column[c].weight_out;
        assign weight1_in = row[r-1].column[c].weight1_out;
        assign sum_in = row[r-1].column[c].sum_out;
        assign carry_in = row[r-1].column[c].carry_out;
      end

      // Nothing takes these at the south and east edges.
      if (r == ROWS - 1) begin : south_edge
        logic unused;
        assign unused = &{1'b0, weight_out, weight1_out, carry_out};
      end
      if (c == COLS - 1) begin : east_edge
        logic unused;
        assign unused = &{1'b0, operand_out, weight_select_out};
      end

      pe #(
          .DATA_WIDTH(DATA_WIDTH),
          .ACC_WIDTH (ACC_WIDTH),
          .OVERLAP(OVERLAP)
      ) pe (
          .clk,
          .rst,
          .weight_enable,
          .bank_enable(bank_enable[2*(r*COLS+c)+:2]),
          .weight_select(weight_select_in),
          .psum_enable(psum_enable[r]),
          .operand_enable(operand_enable[c]),
          .bottom(bottom[r]),
          .operand_boundary(operand_boundary[c]),
          .operand_in,
          .weight_in,
          .weight1_in,
          .sum_in,
          .carry_in,
          .operand_out,
          .weight_out,
          .weight1_out,
          .weight_select_out,
          .sum_out,
          .carry_out
      );
    end
  end

  for (genvar c = 0; c < COLS; c++) begin : deskew
    skew_buffer #(
        .WIDTH(ACC_WIDTH),
        .LENGTH(COLS - 1 - c),
        .DEPTH_WIDTH(DESKEW_DEPTH_WIDTH)
    ) buffer (
        .clk,
        .rst,
        .enable(pipeline_enable),
        .depth(deskew_depth[c*DESKEW_DEPTH_WIDTH+:DESKEW_DEPTH_WIDTH]),
        .in(row[ROWS-1].column[c].sum_out),
        .out(south[c*ACC_WIDTH+:ACC_WIDTH])
    );
  end
endmodule

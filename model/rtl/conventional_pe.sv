// The processing element of the conventional array: multiplier and adder, every register a
// pipeline stage.
//
// In the last column operand_enable is tied to 0: the operand register is a constant zero, and
// synthesis removes it.
module conventional_pe #(
    parameter int DATA_WIDTH = 32,
    parameter int ACC_WIDTH  = 64,  // at least 2 * DATA_WIDTH
    parameter int OVERLAP    = 0    // 0 none, 1 load, 2 full
) (
    input logic clk,
    input logic rst,  // asynchronous, active high

    input logic weight_enable,   // clock enable of weight_reg
    input logic [1:0] bank_enable, // clock enables of weight_bank0, weight_bank1
    input logic weight_select,   // on: the multiplier takes weight_bank0
    input logic psum_enable,     // clock enable of psum_reg
    input logic operand_enable,  // clock enable of operand_reg

    input logic [DATA_WIDTH-1:0] operand_in,  // west
    input logic [DATA_WIDTH-1:0] weight_in,   // north, load phase: weight_reg or bank 0
    input logic [DATA_WIDTH-1:0] weight1_in,  // bank 1
    input logic [ ACC_WIDTH-1:0] sum_in,      // north: the partial sum

    output logic [DATA_WIDTH-1:0] operand_out,  // east
    output logic [DATA_WIDTH-1:0] weight_out,   // south
    output logic [DATA_WIDTH-1:0] weight1_out,  // south: bank 1
    output logic weight_select_out,             // east
    output logic [ ACC_WIDTH-1:0] sum_out       // south
);
  localparam int ProductWidth = 2 * DATA_WIDTH;

  logic [ ACC_WIDTH-1:0] psum_reg;
  logic [DATA_WIDTH-1:0] operand_reg;

  logic signed [  DATA_WIDTH-1:0] operand;
  logic signed [  DATA_WIDTH-1:0] weight;
  logic signed [ProductWidth-1:0] product;
  assign operand = operand_in;
  assign product = operand * weight;

  logic [ACC_WIDTH-1:0] adder;
  assign adder = sum_in + ACC_WIDTH'(product);

  // One weight register; or two, of which one is filled while the other one is in use.
  logic [DATA_WIDTH-1:0] weight_reg, weight_bank0, weight_bank1;
  if (OVERLAP == 0) begin : one_weight
    always_ff @(posedge clk or posedge rst) begin
      if (rst) weight_reg <= '0;
      else if (weight_enable) weight_reg <= weight_in;
    end
    assign weight = weight_reg;
    assign weight_out = weight_reg;

    logic unused;
    assign unused = &{1'b0, bank_enable, weight1_in, weight_bank0, weight_bank1};
    assign weight_bank0 = '0;
    assign weight_bank1 = '0;
    assign weight1_out = '0;
  end else begin : two_weights
    always_ff @(posedge clk or posedge rst) begin
      if (rst) weight_bank0 <= '0;
      else if (bank_enable[0]) weight_bank0 <= weight_in;
    end
    always_ff @(posedge clk or posedge rst) begin
      if (rst) weight_bank1 <= '0;
      else if (bank_enable[1]) weight_bank1 <= weight1_in;
    end
    assign weight = weight_select ? weight_bank0 : weight_bank1;
    assign weight_out = weight_bank0;
    assign weight1_out = weight_bank1;

    logic unused;
    assign unused = &{1'b0, weight_enable, weight_reg};
    assign weight_reg = '0;
  end

  // The select travels with the operand.
  if (OVERLAP == 2) begin : travelling_select
    logic select_reg;
    always_ff @(posedge clk or posedge rst) begin
      if (rst) select_reg <= 1'b0;
      else if (operand_enable) select_reg <= weight_select;
    end
    assign weight_select_out = select_reg;
  end else begin : common_select
    assign weight_select_out = weight_select;
  end

  always_ff @(posedge clk or posedge rst) begin
    if (rst) psum_reg <= '0;
    else if (psum_enable) psum_reg <= adder;
  end

  always_ff @(posedge clk or posedge rst) begin
    if (rst) operand_reg <= '0;
    else if (operand_enable) operand_reg <= operand_in;
  end

  assign operand_out = operand_reg;
  assign sum_out     = psum_reg;
endmodule
